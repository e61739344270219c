import { describe, expect, it } from "vitest";
import { examineChannelvars, examineHep } from "../../../src/doctor/asterisk-files.ts";
import type { SipCaptureConfig } from "../../../src/telephony/sip-capture/config.ts";

const capture = { host: "127.0.0.1", port: 9060 } as SipCaptureConfig;
const hep = (settings: Record<string, string>) =>
  examineHep("pbx", new Map(Object.entries({ capture_address: "127.0.0.1:9060", ...settings })), {
    ...capture,
    password: "the-shared-password",
  });
const shared = { capture_password: "the-shared-password" };

describe("hep.conf", () => {
  it.each([
    [{ ...shared }],
    [{ ...shared, uuid_type: "call-id" }],
    // A name: the address behind it is not known here.
    [{ ...shared, capture_address: "gateway.internal:9060" }],
  ])("fits: %j", (settings) => expect(hep(settings)).toEqual([]));

  it.each([
    [{ ...shared, capture_address: "127.0.0.1:9061" }, /capture_address .*127\.0\.0\.1:9061.* on 127\.0\.0\.1:9060/],
    [{ ...shared, capture_address: "192.168.1.1:9060" }, /capture_address .*192\.168\.1\.1:9060/],
    [{ ...shared, capture_address: "" }, /capture_address in hep\.conf is not set/],
    [{ ...shared, uuid_type: "channel" }, /uuid_type in hep\.conf is channel/],
    [{}, /capture_password in hep\.conf is not/],
  ])("%j is a warning that names the value", (settings, what) => {
    expect(hep(settings)).toMatchObject([
      { level: "warn", what: expect.stringMatching(what), fix: expect.any(String) },
    ]);
  });

  it("never repeats a password", () => {
    const said = JSON.stringify(hep({ capture_password: "the-password-of-asterisk" }));
    expect(said).not.toContain("the-password-of-asterisk");
    expect(said).not.toContain("the-shared-password");
  });
});

describe("channelvars", () => {
  it.each([
    [{}, "warn"],
    [{ channelvars: "SOMETHING_ELSE" }, "warn"],
    [{ channelvars: "EVAL(IF(…:ONERING_LAST_RESPONSE))" }, "ok"],
  ])("%j: %s", (general: Record<string, string>, level) => {
    expect(examineChannelvars("pbx", "ari.conf", new Map(Object.entries(general)))).toMatchObject({ level });
  });
});
