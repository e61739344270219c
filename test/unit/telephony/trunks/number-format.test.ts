import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createNumberFormat, type NumberFormatConfig } from "../../../../src/telephony/trunks/number-format.ts";
import { plainNumbers } from "../../../support/plain-numbers.ts";

const rule = (prefix: string, strip: number, add: string) => ({ prefix, strip, add });
const format = (changed: Partial<NumberFormatConfig> = {}) => createNumberFormat({ ...plainNumbers, ...changed });
const british = { number_format: "national", country_calling_code: "44" } as const;
const american = {
  number_format: "national",
  country_calling_code: "1",
  national_prefix: "1",
  international_prefix: "011",
} as const;
const spanish = { number_format: "national", country_calling_code: "34", national_prefix: "" } as const;

describe("a number for a trunk", () => {
  it.each([
    ["+e164", {}, "+447700900123", "+447700900123"],
    ["e164", { number_format: "e164" }, "+447700900123", "447700900123"],
    ["national, at home", british, "+447700900123", "07700900123"],
    ["national, abroad", british, "+33639981234", "0033639981234"],
    ["national in North America, at home", american, "+12025550100", "12025550100"],
    ["national in North America, abroad", american, "+447700900123", "011447700900123"],
    ["national without a prefix", spanish, "+34612345678", "612345678"],
    ["national with a plus sign abroad", { ...british, international_prefix: "+" }, "+33639981234", "+33639981234"],
  ] as const)("is written as %s", (_, config, e164, written) => {
    const trunk = format(config);
    expect(trunk.callee(e164)).toBe(written);
    expect(trunk.callerId(e164)).toBe(written);
    expect(trunk.fromTrunk(written)).toBe(e164);
  });

  it("follows the rule with the longest prefix, instead of the format", () => {
    const trunk = format({
      ...british,
      callee_rules: [rule("+", 0, "9911"), rule("+33", 2, "0"), rule("+336", 0, "+")],
      caller_id_rules: [rule("+44", 2, "0")],
    });
    expect(trunk.callee("+12025550100")).toBe("991112025550100");
    expect(trunk.callee("+33123456789")).toBe("0123456789");
    expect(trunk.callee("+33639981234")).toBe("+33639981234");
    expect(trunk.callerId("+447700900123")).toBe("07700900123");
    expect(trunk.callerId("+33639981234")).toBe("0033639981234");
  });

  it.each([
    ["more than 24 digits", { callee_rules: [rule("+", 0, "991100000000")] }, "+4477009001234"],
    ["fewer than 3 digits", { callee_rules: [rule("+44770", 5, "")] }, "+4477012"],
    ["no plus sign", {}, "447700900123"],
    ["a letter", {}, "+44770090012x"],
    ["a line break", {}, "+447700900123\n"],
    ["nothing", {}, ""],
  ] as const)("is none where it would have or has %s", (_, config, e164) => {
    expect(
      format({ ...config, callee_rules: [...(("callee_rules" in config && config.callee_rules) || [])] }).callee(e164),
    ).toBeNull();
  });

  it("leaves with a tech prefix of up to 9 digits however long it is, but with none before its caller ID", () => {
    const prefixed = [rule("+", 0, "123456789")];
    const trunk = format({ callee_rules: prefixed, caller_id_rules: prefixed });
    expect(trunk.callee("+447700900123")).toBe("123456789447700900123");
    expect(trunk.callee("+881699999999999")).toBe("123456789881699999999999");
    expect(trunk.callerId("+447700900123")).toBeNull();
  });

  it("is none where it came with more than 15 digits, whatever may be dialled", () => {
    const trunk = format({ callee_rules: [rule("+", 0, "123456")] });
    expect(trunk.callee("+4477009001234567")).toBeNull();
    expect(trunk.fromTrunk("123456447700900123")).toBeNull();
  });

  it("is none where the trunk would ring somebody else: +44 0770… dialled as 00 770…", () => {
    expect(format(british).callee("+440770090012")).toBeNull();
    expect(format(spanish).callee("+340044770090")).toBeNull();
  });
});

describe("a caller's number from a trunk", () => {
  it.each([
    ["a name", {}, "anonymous"],
    ["an extension", {}, "201"],
    ["a national number on a trunk that speaks E.164", { number_format: "e164" }, "07700900123"],
    ["E.164 without its plus sign on a trunk that has it", {}, "447700900123"],
    ["E.164 without its plus sign on a national trunk", british, "447700900123"],
    ["too long", {}, "+4477009001234567"],
    ["nothing", british, ""],
  ] as const)("is none that counts where it is %s", (_, config, number) => {
    expect(format(config).fromTrunk(number)).toBeNull();
  });

  it("is believed with a plus sign, whatever the format", () => {
    for (const config of [{}, { number_format: "e164" }, british, american] as const) {
      expect(format(config).fromTrunk("+33639981234")).toBe("+33639981234");
    }
  });

  it("is read back through the rules of caller IDs", () => {
    const trunk = format({ number_format: "e164", caller_id_rules: [rule("+336", 2, "0")] });
    expect(trunk.fromTrunk("0639981234")).toBe("+33639981234");
    expect(trunk.fromTrunk("447700900123")).toBe("+447700900123");
    // The trunk writes this one another way, so here it must mean something else.
    expect(trunk.fromTrunk("33639981234")).toBeNull();
  });

  it("counts for nobody where two callers would look the same", () => {
    const trunk = format({ caller_id_rules: [rule("+33", 2, "0"), rule("+44", 2, "0")] });
    expect(trunk.callerId("+33612345678")).toBe("0612345678");
    expect(trunk.callerId("+44612345678")).toBe("0612345678");
    expect(trunk.fromTrunk("0612345678")).toBeNull();
  });
});

describe("whatever the trunk and the number", () => {
  // Few digits, so that prefixes meet numbers often.
  const e164 = fc.stringMatching(/^\+[1-4][0-4]{6,14}$/);
  const rules = fc.uniqueArray(
    fc
      .record({
        prefix: fc.stringMatching(/^\+[0-4]{0,4}$/),
        strip: fc.nat(4),
        add: fc.stringMatching(/^\+?[0-4]{0,12}$/),
      })
      .map((one) => ({ ...one, strip: Math.min(one.strip, one.prefix.length - 1) })),
    { maxLength: 5, selector: ({ prefix }) => prefix },
  );
  const formats = fc.record({
    number_format: fc.constantFrom("+e164" as const, "e164" as const, "national" as const),
    country_calling_code: fc.stringMatching(/^[1-4][0-4]?$/),
    national_prefix: fc.stringMatching(/^[0-4]{0,2}$/),
    international_prefix: fc.oneof(fc.constant("+"), fc.stringMatching(/^[0-4]{1,3}$/)),
  });
  const ruled = fc.tuple(formats, rules, rules).map(([own, callee_rules, caller_id_rules]) => ({
    ...own,
    callee_rules,
    caller_id_rules,
  }));

  it("only what may be dialled comes out, and nothing throws", () => {
    const any = fc.oneof(e164, fc.string(), fc.stringMatching(/^\+?[0-9]{0,20}.?$/));
    fc.assert(
      fc.property(ruled, any, (config, text) => {
        const trunk = createNumberFormat(config);
        expect(trunk.callee(text) ?? "123").toMatch(/^\+?\d{3,24}$/);
        expect(trunk.callerId(text) ?? "123").toMatch(/^\+?\d{3,15}$/);
        const caller = trunk.fromTrunk(text);
        if (caller !== null) expect(caller).toMatch(/^\+[1-9]\d{6,14}$/);
      }),
      { numRuns: 2000 },
    );
  });

  it("a format alone can be read back", () => {
    fc.assert(
      fc.property(formats, e164, (config, number) => {
        const trunk = createNumberFormat({ ...config, callee_rules: [], caller_id_rules: [] });
        const written = trunk.callerId(number);
        if (written !== null) expect(trunk.fromTrunk(written)).toBe(number);
      }),
      { numRuns: 2000 },
    );
  });

  it("rules never make a call count for another caller than the one it is from", () => {
    fc.assert(
      fc.property(ruled, e164, (config, number) => {
        const trunk = createNumberFormat(config);
        const written = trunk.callerId(number);
        if (written !== null) expect([number, null]).toContain(trunk.fromTrunk(written));
      }),
      { numRuns: 5000 },
    );
  });
});
