/** Values as long as a message, of characters that readers care for: each is read in time that grows with its length. */
import { expect, it } from "vitest";
import { readChallenges } from "../../../src/sip/auth/challenge.ts";
import { dialogOf } from "../../../src/sip/call/dialog.ts";
import { readAddress, readReasons, readVia, splitValues, tagOf } from "../../../src/sip/header.ts";
import { answerTo } from "../../../src/sip/inbound/answers.ts";
import { parseMessage, type SipRequestMessage, type SipResponseMessage } from "../../../src/sip/message.ts";
import { isNetworkBlocked } from "../../../src/sip/network-blocked.ts";
import { readRequest } from "../../../src/sip/request-reading.ts";
import { writeResponse } from "../../../src/sip/write.ts";
import { leastCpuTimeMs } from "../../support/cpu-time.ts";

const pieces = [" ", ",", ";", '"', '\\"', "<", "=a;", ";rport ", "Digest ", "1."];
const starts = ["", "SIP/2.0/UDP a ", "<sip:a@b", "Digest a="];
const values = pieces.flatMap((piece) => starts.map((start) => `${start}${piece.repeat(30_000 / piece.length)}!`));
const usual = new Map([
  ["via", "SIP/2.0/UDP a;branch=z9hG4bK1;rport"],
  ["from", "<sip:a@b>;tag=c"],
  ["to", "<sip:a@b>;tag=c"],
  ["call-id", "x"],
  ["cseq", "1 INVITE"],
]);
const headers = (name: string, value: string) => [
  ...[...usual].filter(([one]) => one !== name).map(([one, text]) => ({ name: one, value: text })),
  { name, value },
];
const request = (name: string, value: string): SipRequestMessage => ({
  ...{ kind: "request", method: "INVITE", uri: "sip:a@b", headers: headers(name, value), rest: "", bytes: 0 },
});
const response = (name: string, value: string): SipResponseMessage => ({
  ...{ kind: "response", status: 200, phrase: "OK", headers: headers(name, value), rest: "", bytes: 0 },
});
const source = { address: "192.0.2.1", port: 5060 };

it.each<[string, (value: string) => unknown]>([
  ["a message", (value) => parseMessage(Buffer.from(`SIP/2.0 200 OK\r\nA: ${value}\r\n\r\n`, "latin1"))],
  ["values", splitValues],
  ["a tag", tagOf],
  ["an address", readAddress],
  ["a Via", readVia],
  ["a Via with spaces before its port", (value) => readVia(`SIP/2.0/UDP ${" ".repeat(250)}a, ${value}`)],
  ["reasons", (value) => isNetworkBlocked(603, value, readReasons([value]))],
  ["challenges", (value) => readChallenges({ headers: headers("www-authenticate", value) })],
  ["a request's Via", (value) => readRequest(request("via", value))],
  ["a response to it", (value) => writeResponse(request("via", value), source, { status: 200 })],
  [
    "a request's Require",
    (value) => answerTo(request("require", value), { sentBy: "a", inDialog: false, merged: false }),
  ],
  ["a dialog's routes", (value) => dialogOf(response("record-route", value))],
])("%s", (_, read) => {
  const work = () => {
    for (const value of values) read(value);
  };
  // Measured: at most 150 ms. One that is quadratic takes a minute.
  expect(leastCpuTimeMs(3000, work)).toBeLessThan(3000);
});
