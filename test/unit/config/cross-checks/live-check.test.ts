import { describe } from "vitest";
import type { Change } from "../config-files.ts";
import { cases } from "./cases.ts";

const with_ =
  (own: Record<string, unknown>, more: Change = () => undefined): Change =>
  (c) => {
    c.live_check = own;
    more(c);
  };

describe("live_check", () => {
  cases([
    ["in some countries", with_({ countries: ["GB", "ID"] })],
    [
      "in a country that does not exist",
      with_({ countries: ["UK"] }),
      /^live_check\.countries\[0\]: UK → .*did you mean GB\?/,
    ],
    [
      "more often than a day apart",
      with_({ repeat_hours: "1" }),
      /^live_check\.repeat_hours: "1" → a whole number from 24 to 720/,
    ],
    [
      "with a range that is not there",
      with_({ ranges: ["blok"] }),
      /^live_check\.ranges\[0\]: "blok" → the name of one of ranges/,
    ],
    [
      "with a range that no trunk presents",
      with_({ ranges: ["own"] }, (c) => {
        c.ranges = { ...(c.ranges as object), own: { prefix: "+4477018", digits: "4" } };
      }),
      /^live_check\.ranges: own → at least one that a trunk presents/,
    ],
    [
      "with a trunk that is not there",
      with_({ cancel_on_183: ["carier"] }),
      /^live_check\.cancel_on_183\[0\]: "carier" → the name of one of trunks/,
    ],
    [
      "with less time than the SIP capture takes",
      with_({ answer_within_ms: "3500" }, (c) => (c.sip_capture = { port: "9060" })),
      /^live_check\.answer_within_ms: 3500 → at least 4000: 3000 and sip_capture\.wait_ms$/,
    ],
  ]);
});
