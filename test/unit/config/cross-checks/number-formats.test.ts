import { describe } from "vitest";
import type { Change } from "../config-files.ts";
import { cases } from "./cases.ts";

describe("number formats", () => {
  const trunk =
    (changed: object): Change =>
    (c) =>
      (c.trunks.a = { asterisk: "pbx", endpoint: "e", ranges: ["block"], ...changed });
  cases([
    ["national with its country is fine", trunk({ number_format: "national", country_calling_code: "44" })],
    [
      "national without",
      trunk({ number_format: "national" }),
      /^trunks\.a\.country_calling_code: nothing → the country/,
    ],
    ["a country for E.164", trunk({ country_calling_code: "44" }), /country_calling_code: 44 → nothing here/],
    [
      "a national prefix that looks international",
      trunk({ number_format: "national", country_calling_code: "44", national_prefix: "00" }),
      /^trunks\.a\.national_prefix: 00 → one that does not begin with international_prefix, which is 00/,
    ],
    [
      "two rules for one prefix",
      trunk({ callee_rules: [{ prefix: "+44" }, { prefix: "+33" }, { prefix: "+44", add: "1" }] }),
      /^trunks\.a\.callee_rules\[2\]\.prefix: \+44 → .*number 0 of the list/,
    ],
    [
      "a rule that strips more than its prefix",
      trunk({ caller_id_rules: [{ prefix: "+44", strip: 3, add: "0" }] }),
      /^trunks\.a\.caller_id_rules\[0\]\.strip: 3 → at most 2, the digits of its prefix/,
    ],
    [
      "a rule after which no number can be dialled",
      trunk({ caller_id_rules: [{ prefix: "+49", add: "123456789" }] }),
      /^trunks\.a\.caller_id_rules\[0\]\.add: 123456789 → .*at most 15 digits; this makes 16/,
    ],
    [
      "a range whose caller IDs the trunk cannot write",
      trunk({ caller_id_rules: [{ prefix: "+4477", add: "99999" }] }),
      /^trunks\.a\.ranges\[0\]: block → .*\+44770090000 cannot be sent/,
    ],
    [
      "a rule that adds what is no digit",
      trunk({ callee_rules: [{ prefix: "+", add: "9911#" }] }),
      /^trunks\.a\.callee_rules\[0\]\.add: "9911#" → up to 12 digits/,
    ],
  ]);
});
