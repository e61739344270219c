import { expect, it } from "vitest";
import { examineModules } from "../../../src/doctor/modules.ts";

it("says where nothing feeds the SIP capture", () => {
  const tapOf = (...running: string[]) => examineModules("pbx", new Set(running), { capture: true, inbound: false })[1];
  expect(tapOf("res_hep.so", "res_hep_pjsip.so", "chan_pjsip.so")).toMatchObject({ level: "ok" });
  const finding = tapOf("res_hep.so");
  expect(finding).toMatchObject({ level: "warn", what: expect.stringContaining("res_hep_pjsip.so not running") });
});
