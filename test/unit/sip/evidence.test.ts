import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addMessage, beginWireCall, type Evidence, type WireCall } from "../../../src/sip/evidence.ts";
import { parseSip, type SipMessage, type SipRequest } from "../../../src/sip/invite-reading.ts";
import { type SipParts, sip } from "../telephony/sip-capture/packets.ts";

const message = (start: string, parts?: SipParts) => parseSip(Buffer.from(sip(start, parts))) as SipMessage;
const q850 = (cause: number): SipParts => ({ headers: [`Reason: Q.850;cause=${cause}`] });

/** One message each 100 ms, the INVITE at 1000. */
function evidenceOf(...steps: (readonly [start: string, parts?: SipParts])[]): Evidence {
  let call = beginWireCall(message("INVITE") as SipRequest, 1000) as WireCall;
  steps.forEach(([start, parts], index) => {
    call = addMessage(call, message(start, parts), 1100 + index * 100);
  });
  return call.evidence;
}

describe("evidence", () => {
  it("has the first times of each response, and who ended it how", () => {
    const provisional = [["100 Trying"], ["183 Progress"], ["180 Ringing"], ["180 Ringing"]] as const;
    expect(evidenceOf(...provisional, ["480 Unavailable", q850(20)], ["486 Late"])).toEqual({
      inviteAtMs: 1000,
      respondedAtMs: 1100,
      progressAtMs: 1200,
      alertingAtMs: 1300,
      final: { atMs: 1500, status: 480, q850Cause: 20, networkBlocked: false, redressUrl: null },
      canceledAtMs: null,
      cancelAcceptedAtMs: null,
      forked: false,
      byeFrom: null,
      over: true,
    });
  });

  it("knows the final of the INVITE before the newest one: no response to that came yet", () => {
    const again = evidenceOf(["401 Unauthorized"], ["INVITE", { cseq: 2 }]);
    expect(again).toMatchObject({ final: null, earlierFinal: 401, over: false });
    expect(evidenceOf(["401 Unauthorized"], ["INVITE", { cseq: 2 }], ["486 Busy", { cseq: 2 }])).toMatchObject({
      ...{ final: { status: 486 }, earlierFinal: 401, over: true },
    });
    // The final in between was not seen.
    const unseen = evidenceOf(["401 Unauthorized"], ["INVITE", { cseq: 2 }], ["INVITE", { cseq: 3 }]);
    expect(unseen).not.toHaveProperty("earlierFinal");
  });

  it("is not over while 487 is missing", () => {
    expect(evidenceOf(["180 Ringing"], ["CANCEL"])).toMatchObject({ canceledAtMs: 1200, final: null, over: false });
    expect(evidenceOf(["180 Ringing"], ["CANCEL"], ["487 Terminated"])).toMatchObject({ over: true });
  });

  it("sees a 200 that crossed our CANCEL", () => {
    const crossed = evidenceOf(["180 Ringing"], ["CANCEL"], ["200 OK"], ["BYE", { cseq: 2, toTag: "theirs" }]);
    expect(crossed).toMatchObject({ final: { status: 200 }, canceledAtMs: 1200, byeFrom: "us", over: true });
  });

  it("knows when the CANCEL was accepted, by the first 200 to it alone", () => {
    const cancel = { method: "CANCEL" };
    const accepted = evidenceOf(
      ["180 Ringing"],
      ["CANCEL"],
      ["481 None", cancel],
      ["200 OK", cancel],
      ["200 OK", cancel],
    );
    expect(accepted).toMatchObject({ canceledAtMs: 1200, cancelAcceptedAtMs: 1400, final: null, over: false });
    expect(evidenceOf(["180 Ringing"], ["200 OK", cancel])).toMatchObject({ cancelAcceptedAtMs: null, final: null });
  });

  it("knows that the INVITE was forked by responses of two phones", () => {
    const other = { toTag: "another phone" };
    expect(evidenceOf(["180 Ringing"], ["180 Ringing"]).forked).toBe(false);
    expect(
      evidenceOf(["100 Trying", { toTag: null }], ["180 Ringing"], ["183 Progress", { toTag: "other" }]).forked,
    ).toBe(true);
    // A proxy may answer for them with a tag of its own.
    expect(evidenceOf(["180 Ringing"], ["487 Terminated", other]).forked).toBe(false);
  });

  it("knows whose BYE it is by the tag", () => {
    const bye = ["BYE", { cseq: 2, fromTag: "theirs", toTag: "ours" }] as const;
    expect(evidenceOf(["200 OK"], bye).byeFrom).toBe("far_end");
  });

  it("goes on where the trunk asks for a password and the INVITE is sent again", () => {
    expect(evidenceOf(["401 Unauthorized"])).toMatchObject({ final: { status: 401 }, over: false });
    const again = { cseq: 2 };
    const call = evidenceOf(["407 Proxy"], ["INVITE", again], ["180 Ringing", again], ["486 Busy", again]);
    expect(call).toMatchObject({ inviteAtMs: 1000, alertingAtMs: 1300, final: { status: 486 }, over: true });
  });

  it.each<readonly [string, SipParts]>([
    ["486 Of another INVITE", { cseq: 9 }],
    ["486 Of another dialog", { fromTag: "other" }],
    ["INVITE", {}],
    ["INVITE", { cseq: 2, fromTag: "theirs", toTag: "ours" }],
    ["INVITE", { cseq: 2, toTag: "theirs" }],
    ["CANCEL", { fromTag: "theirs" }],
    ["CANCEL", { cseq: 2 }],
  ])("is not moved by %s with %j", (start, parts) => {
    expect(evidenceOf([start, parts])).toEqual(evidenceOf());
  });

  it("does not begin inside a dialog", () => {
    expect(beginWireCall(message("INVITE", { toTag: "theirs" }) as SipRequest, 0)).toBeNull();
  });

  it("once over stays over with the same final, whatever comes, unless we send a new INVITE", () => {
    const any = fc.record({
      start: fc.constantFrom(
        "100 Trying",
        "180 Ringing",
        "183 Progress",
        "200 OK",
        "486 Busy",
        "CANCEL",
        "BYE",
        "INVITE",
      ),
      cseq: fc.integer({ min: 1, max: 3 }),
      fromTag: fc.constantFrom("ours", "theirs"),
      toTag: fc.constantFrom(null, "theirs"),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 20 }), (steps) => {
        let call = beginWireCall(message("INVITE") as SipRequest, 0) as WireCall;
        steps.forEach(({ start, ...parts }, index) => {
          const before = call;
          call = addMessage(call, message(start, parts), index + 1);
          expect(call.evidence.over).toBe((call.evidence.final?.status ?? 0) >= 200);
          const sameInvite = before.cseq === call.cseq;
          if (before.evidence.final !== null && sameInvite) expect(call.evidence.final).toBe(before.evidence.final);
          expect(call.evidence.inviteAtMs).toBe(0);
          for (const first of ["alertingAtMs", "progressAtMs", "respondedAtMs", "canceledAtMs"] as const) {
            if (before.evidence[first] !== null) expect(call.evidence[first]).toBe(before.evidence[first]);
          }
        });
      }),
    );
  });
});
