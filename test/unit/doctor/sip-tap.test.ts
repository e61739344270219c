import { expect, it } from "vitest";
import { examineTap } from "../../../src/doctor/asterisk.ts";

it("says where nothing feeds the SIP tap", () => {
  expect(examineTap("pbx", new Set(["res_hep.so", "res_hep_pjsip.so", "chan_pjsip.so"]))).toMatchObject({
    level: "ok",
  });
  const finding = examineTap("pbx", new Set(["res_hep.so"]));
  expect(finding).toMatchObject({ level: "warn", what: expect.stringContaining("res_hep_pjsip.so not running") });
});
