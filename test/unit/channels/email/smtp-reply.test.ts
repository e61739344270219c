/** What each refusal of a mail server means: one row for each rule, and for replies that real servers send. */
import { expect, it } from "vitest";
import { judge, parseReply, replyCodes, type SmtpStage } from "../../../../src/channels/email/smtp-reply.ts";
import { refusals } from "./refusals.ts";

it.each(refusals)("$stage: $reply → $reason, $where", ({ stage, reply, reason, where }) => {
  const parsed = parseReply(reply);
  if (parsed === null) throw new Error("no reply");
  expect(judge(stage, parsed)).toEqual({ reason, elsewhere: where === "other servers" });
});

it.each<[SmtpStage, string]>([
  ["rcpt", "250 2.1.5 OK"],
  ["data", "999 what"],
])("%s: %s is no reason that is known: rejected", (stage, reply) => {
  expect(judge(stage, parseReply(reply) ?? { code: 0, enhanced: null, text: "" })).toEqual({
    reason: "rejected",
    elsewhere: true,
  });
});

it("a reply of several lines has one code and one text", () => {
  expect(parseReply("550-5.1.1 The email account\n550-5.1.1 does not exist.\n550 5.1.1 abc - gsmtp")).toEqual({
    code: 550,
    enhanced: "5.1.1",
    text: "5.1.1 The email account 5.1.1 does not exist. 5.1.1 abc - gsmtp",
  });
});

it.each([
  ["250", { code: 250, enhanced: null }],
  ["550 5.1.10 null MX", { code: 550, enhanced: "5.1.10" }],
  ["550 5.1.1", { code: 550, enhanced: "5.1.1" }],
  ["550 192.0.2.1 blocked", { code: 550, enhanced: null }],
  ["550 5.1.1.1 odd", { code: 550, enhanced: null }],
])("%s", (text, expected) => {
  expect(parseReply(text)).toMatchObject(expected);
});

it.each(["", "what", "55 no", "5500 no"])("%j is no reply", (text) => {
  expect(parseReply(text)).toBeNull();
});

it("only the codes are shown", () => {
  expect(replyCodes({ code: 550, enhanced: "5.1.1", text: "no ada@example.com here" })).toBe("550 5.1.1");
  expect(replyCodes({ code: 421, enhanced: null, text: "" })).toBe("421");
});
