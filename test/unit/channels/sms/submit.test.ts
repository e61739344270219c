import { describe, expect, it } from "vitest";
import { destinationOf, senderPattern, sourceOf } from "../../../../src/channels/sms/smpp/addresses.ts";
import { tags } from "../../../../src/channels/sms/smpp/layouts.ts";
import { relativeTime, submitsOf } from "../../../../src/channels/sms/smpp/submit.ts";
import { type Concatenation, encodeText } from "../../../../src/channels/sms/smpp/text.ts";
import { createTlvs } from "../../../../src/channels/sms/smpp/tlvs.ts";
import { createJoiner, readText, type SubmitPdu } from "../../../../src/sandbox/providers/smsc-text.ts";

const message = { to: "+447700900123", sender: "ACME", validityMs: 600_000 };
const settings = (concatenation: Concatenation = "udh_8bit") => ({
  ...{ serviceType: "", concatenation, receipts: true },
  validity: "relative" as const,
});
function submits(text: string, concatenation: Concatenation = "udh_8bit", reference = 0x1234) {
  const encoded = encodeText(text, { alphabet: "gsm7", defaultDataCoding: 0, concatenation });
  return submitsOf(message, encoded, settings(concatenation), reference, new Map());
}

describe("addresses", () => {
  it.each([
    ["+447700900123", { ton: 1, npi: 1, address: "447700900123" }],
    ["ACME", { ton: 5, npi: 0, address: "ACME" }],
    ["Shop 24-7", { ton: 5, npi: 0, address: "Shop 24-7" }],
    ["60600", { ton: 3, npi: 0, address: "60600" }],
    [null, { ton: 0, npi: 0, address: "" }],
  ])("the sender %s", (sender, address) => {
    expect(sourceOf(sender)).toEqual(address);
  });

  it("a recipient is international, without the plus sign", () => {
    expect(destinationOf("+447700900123")).toEqual({ ton: 1, npi: 1, address: "447700900123" });
  });

  it.each(["", "12", "123456789", "TwelveLetters", "+0123456789", "ÄCME", "AC\nME", " . "])(
    "%j is no sender",
    (sender) => {
      expect(new RegExp(senderPattern).test(sender)).toBe(false);
    },
  );
});

describe("one message", () => {
  it("asks for a receipt, and ends with its code", () => {
    const [only, ...more] = submits("Your code is 123456");
    expect(more).toEqual([]);
    expect(only?.fields).toMatchObject({
      ...{ source_addr_ton: 5, source_addr_npi: 0, source_addr: "ACME" },
      ...{ dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: "447700900123" },
      ...{ registered_delivery: 1, data_coding: 0, validity_period: "000000001000000R" },
    });
    expect(only?.fields.esm_class).toBeUndefined();
  });

  it.each([
    [1, "000000000100000R"],
    [60_000, "000000000100000R"],
    [299_999, "000000000459000R"],
    [3_600_000, "000000010000000R"],
    [90_061_000, "000001010101000R"],
  ])("a life of %i ms is validity_period %s", (ms, text) => {
    expect(relativeTime(ms)).toBe(text);
    expect(text).toHaveLength(16);
  });
});

describe("a long message", () => {
  const text = `${"Код ".repeat(30)}123456`;

  it("is joined by a header with an 8-bit reference", () => {
    const parts = submits(text);
    expect(parts.map(({ fields }) => fields.esm_class)).toEqual([0x40, 0x40]);
    expect(parts.map(({ fields }) => fields.short_message?.subarray(0, 6).toString("hex"))).toEqual([
      "050003340201",
      "050003340202",
    ]);
  });

  it("is joined by a header with a 16-bit reference", () => {
    const heads = submits(text, "udh_16bit").map(({ fields }) => fields.short_message?.subarray(0, 7).toString("hex"));
    expect(heads).toEqual(["06080412340201", "06080412340202"]);
  });

  it("is joined by sar_* TLVs, without a header", () => {
    const parts = submits(text, "sar");
    expect(parts.map(({ fields }) => fields.esm_class ?? 0)).toEqual([0, 0]);
    const place = (tag: number) => parts.map(({ tlvs }) => tlvs.get(tag)?.toString("hex"));
    expect(place(tags.sar_msg_ref_num)).toEqual(["1234", "1234"]);
    expect(place(tags.sar_total_segments)).toEqual(["02", "02"]);
    expect(place(tags.sar_segment_seqnum)).toEqual(["01", "02"]);
  });

  it("is one submit with message_payload, and an empty short_message", () => {
    const [only, ...more] = submits(text, "message_payload");
    expect(more).toEqual([]);
    expect(only?.fields.short_message).toBeUndefined();
    expect(only?.tlvs.get(tags.message_payload)).toHaveLength(text.length * 2);
  });

  it.each(["udh_8bit", "udh_16bit", "sar", "message_payload"] as const)("reads as it was with %s", (concatenation) => {
    const join = createJoiner();
    const read = submits(text, concatenation)
      .map(({ fields, tlvs }) => {
        const all = { esm_class: 0, short_message: Buffer.alloc(0), ...fields };
        return readText({ fields: all, tlvs } as unknown as SubmitPdu);
      })
      .reverse()
      .map((part) => join("447700900123", part));
    expect(read.at(-1)).toBe(text);
    expect(read.slice(0, -1).every((one) => one === null)).toBe(true);
  });
});

describe("TLVs of a template", () => {
  const tlvsOf = createTlvs([
    { tag: "0x1400", value: "110100001234" },
    { tag: "0x1401", value: "general" },
    { tag: "0x1401", value: "hindi", locale: "hi" },
    { tag: "0x1401", value: "shop", app: "shop" },
    { tag: "0x1401", value: "shop-hindi", app: "shop", locale: "hi" },
  ]);
  it.each([
    ["blog", "en", "general"],
    ["blog", "hi", "hindi"],
    ["blog", "hi-IN", "hindi"],
    ["blog", "his", "general"],
    ["shop", "en", "shop"],
    ["shop", "hi", "shop-hindi"],
  ])("of app %s in %s", (app, locale, template) => {
    expect(Object.fromEntries([...tlvsOf(app, locale)].map(([tag, value]) => [tag, value.toString()]))).toEqual({
      5120: "110100001234",
      5121: template,
    });
  });
});
