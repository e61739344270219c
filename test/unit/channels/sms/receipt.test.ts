import { describe, expect, it } from "vitest";
import { tags } from "../../../../src/channels/sms/smpp/layouts.ts";
import { canonicalId, IdFormLearner, submittedId } from "../../../../src/channels/sms/smpp/message-ids.ts";
import { readIncoming, receiptStates, reportOf } from "../../../../src/channels/sms/smpp/receipt.ts";

const phone = "447700900123";
function incoming(
  text: string | Buffer,
  changed: { esm_class?: number; data_coding?: number; tlvs?: [number, Buffer][] } = {},
) {
  const { esm_class = 0x04, data_coding = 0, tlvs = [] } = changed;
  const short_message = typeof text === "string" ? Buffer.from(text, "latin1") : text;
  return {
    fields: { esm_class, data_coding, source_addr: phone, destination_addr: "ACME", short_message },
    tlvs: new Map(tlvs),
  };
}
const typical =
  "id:0123456789 sub:001 dlvrd:001 submit date:2611251200 done date:2611251201 stat:DELIVRD err:000 text:Your code is 12";
const none = new Map();

describe("a receipt by its text (Appendix B)", () => {
  it("gives id, state and error", () => {
    expect(readIncoming(incoming(typical))).toEqual({
      ...{ messageId: "0123456789", addresses: [phone, "ACME"], state: "DELIVRD", error: "000" },
    });
  });

  it.each([
    ["capitals", typical.toUpperCase()],
    ["another order", "stat:DELIVRD err:000 sub:001 id:0123456789 text:"],
    ["a space behind the colon", "id: 0123456789 stat: DELIVRD err: 000"],
    ["the state in full", "id:0123456789 stat:DELIVERED err:000"],
  ])("%s", (_what, text) => {
    expect(readIncoming(incoming(text))).toMatchObject({ messageId: "0123456789", state: "DELIVRD" });
  });

  it("in UCS-2, and in message_payload", () => {
    const ucs2 = Buffer.from(typical, "utf16le").swap16();
    expect(readIncoming(incoming(ucs2, { data_coding: 8 }))).toMatchObject({
      messageId: "0123456789",
      state: "DELIVRD",
    });
    const payload: [number, Buffer][] = [[tags.message_payload, Buffer.from(typical)]];
    expect(readIncoming(incoming("", { tlvs: payload }))).toMatchObject({ messageId: "0123456789", state: "DELIVRD" });
  });

  it("reads nothing from the quoted text, which the sender of the message chose", () => {
    const text = "id:1 stat:UNDELIV err:001 text:x id:2 stat:DELIVRD err:000";
    expect(readIncoming(incoming(text))).toMatchObject({ messageId: "1", state: "UNDELIV", error: "001" });
    expect(readIncoming(incoming("sub:001 text:id:2 stat:DELIVRD"))).toBe("unreadable");
  });
});

describe("a receipt by its TLVs", () => {
  const tlvs: [number, Buffer][] = [
    [tags.receipted_message_id, Buffer.from("abc-1\0")],
    [tags.message_state, Buffer.from([2])],
  ];
  it("needs no text, and goes before it", () => {
    expect(readIncoming(incoming("", { tlvs }))).toMatchObject({ messageId: "abc-1", state: "DELIVRD" });
    expect(readIncoming(incoming("id:2 stat:UNDELIV err:005", { tlvs }))).toMatchObject({
      ...{ messageId: "abc-1", state: "DELIVRD", error: "005" },
    });
  });

  it.each(receiptStates.map((state, index) => [index + 1, state] as const))(
    "message_state %i is %s",
    (octet, state) => {
      const own: [number, Buffer][] = [
        [tags.receipted_message_id, Buffer.from("1\0")],
        [tags.message_state, Buffer.from([octet])],
      ];
      expect(readIncoming(incoming("", { tlvs: own }))).toMatchObject({ state });
    },
  );

  it("an error from network_error_code", () => {
    const own: [number, Buffer][] = [...tlvs, [tags.network_error_code, Buffer.from([3, 0, 27])]];
    expect(readIncoming(incoming("", { tlvs: own }))).toMatchObject({ error: "27" });
  });

  it.each([0, 9, 255])("message_state %i is not known: unreadable", (octet) => {
    const own: [number, Buffer][] = [
      [tags.receipted_message_id, Buffer.from("1\0")],
      [tags.message_state, Buffer.from([octet])],
    ];
    expect(readIncoming(incoming("", { tlvs: own }))).toBe("unreadable");
  });
});

describe("what is no receipt", () => {
  it("a message from a phone that looks like one: nobody proves a delivery by writing it", () => {
    expect(readIncoming(incoming(typical, { esm_class: 0 }))).toBe("message");
    expect(readIncoming(incoming(typical, { esm_class: 0x40 }))).toBe("message");
  });

  it.each(["", "id: stat:", "hello", "id:1", "stat:DELIVRD", "id:1 stat:WHAT"])(
    "%j as a receipt: unreadable",
    (text) => {
      expect(readIncoming(incoming(text))).toBe("unreadable");
    },
  );
});

describe("what a receipt says of the message", () => {
  it.each([
    ["DELIVRD", { state: "delivered" }],
    ["ENROUTE", { state: "sent" }],
    ["ACCEPTD", { state: "sent" }],
    ["UNKNOWN", { state: "sent" }],
    ["EXPIRED", { state: "failed", reason: "expired" }],
    ["DELETED", { state: "failed", reason: "rejected" }],
    ["UNDELIV", { state: "failed", reason: "not_reachable" }],
    ["REJECTD", { state: "failed", reason: "blocked" }],
  ] as const)("%s", (state, report) => {
    expect(reportOf({ messageId: "1", addresses: [phone], state, error: "000" }, none)).toEqual(report);
  });

  it("more exactly by the carrier's error codes, of failed ones only", () => {
    const errors = new Map([["1", "invalid_recipient" as const]]);
    const receipt = { messageId: "1", addresses: [phone], error: "001" };
    expect(reportOf({ ...receipt, state: "UNDELIV" }, errors)).toEqual({
      state: "failed",
      reason: "invalid_recipient",
    });
    expect(reportOf({ ...receipt, state: "DELIVRD" }, errors)).toEqual({ state: "delivered" });
  });
});

describe("message ids", () => {
  it.each([
    ["same", "0001A2b", "1a2b"],
    ["same", "a-b_0C", "a-b_0C"],
    ["response_hex", "0000010", "a"],
    ["response_hex", "4294967296", "100000000"],
    ["response_hex", "abc", null],
    ["response_decimal", "0A", "10"],
    ["response_decimal", "x1", null],
  ] as const)("%s: %s in the receipt is %s in the answer", (form, given, id) => {
    expect(submittedId(given, form)).toBe(id);
  });

  it("are one in any writing", () => {
    expect(canonicalId("00ABC")).toBe(canonicalId("abc"));
    expect(canonicalId("000")).toBe("0");
  });

  it("are learned from own messages: the phone must be the same", () => {
    const learner = new IdFormLearner();
    // 16 in hexadecimal is 10; another message of somebody else has the id 16.
    learner.submitted("10", phone);
    learner.submitted("16", "447700900999");
    expect(learner.formOf("16", [phone])).toBe("response_hex");
    expect(learner.formOf("16", ["ACME", "447700900999"])).toBe("same");
    expect(learner.formOf("77", [phone])).toBe("same");
  });

  it("of others are read in the form that own ones have shown three times", () => {
    const learner = new IdFormLearner();
    for (const id of ["1F", "2F", "3F"]) {
      expect(learner.formOf("4242", ["447700900999"])).toBe("same");
      learner.submitted(id, phone);
      learner.formOf(String(Number.parseInt(id, 16)), [phone]);
    }
    expect(learner.formOf("4242", ["447700900999"])).toBe("response_hex");
  });
});
