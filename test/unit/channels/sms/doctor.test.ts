import { describe, expect, it } from "vitest";
import type { SmsConfig } from "../../../../src/channels/sms/config.ts";
import { examineSms } from "../../../../src/channels/sms/doctor.ts";
import type { SmppBindConfig } from "../../../../src/channels/sms/smpp/config.ts";
import { fail, ok, warn } from "../../../../src/doctor/finding.ts";
import { startSmsc } from "../../../../src/sandbox/providers/smsc.ts";
import { systemClock } from "../../../../src/shared/clock.ts";
import { atEnd, bindTo, password, smppConfig } from "./world.ts";

async function examine(changed: Partial<SmppBindConfig> = {}, sms: Partial<SmsConfig> = {}) {
  const smsc = await startSmsc({ systemId: "onering", password, clock: systemClock, decide: () => ({ answer: 0 }) });
  atEnd(() => smsc.close());
  const config: SmsConfig = {
    routes: { acme: { smpp: smppConfig({ a: bindTo(smsc.port, changed) }), senders: [], prices: [] } },
    prefixes: [{ prefix: "+44", routes: ["acme"] }],
    senders: [{ sender: "ACME" }],
    ...sms,
  };
  const countries = [{ country: "GB", callingCode: "44" }];
  return { smsc, findings: await examineSms({ sms: config, apps: ["shop"], countries }, { ok, warn, fail }) };
}

describe("the doctor", () => {
  it("binds and unbinds, and sends nothing", async () => {
    const { smsc, findings } = await examine();
    expect(findings).toEqual([
      ok(`SMS bind acme.a: 127.0.0.1:${smsc.port} accepts the bind`),
      ok("SMS: every allowed country has a route and a sender"),
    ]);
    expect(Object.fromEntries(smsc.counts)).toEqual({ bind_transceiver: 1, unbind: 1 });
  });

  it("says why a bind is refused, without the password", async () => {
    const { findings } = await examine({ password: "wr0ng" });
    expect(findings[0]).toMatchObject({ level: "fail", what: expect.stringContaining("ESME_RINVPASWD") });
    expect(JSON.stringify(findings)).not.toContain("wr0ng");
  });

  it("says that nothing listens there", async () => {
    const { findings } = await examine({ port: 1 });
    expect(findings[0]).toMatchObject({ level: "fail", what: expect.stringContaining("ECONNREFUSED") });
  });

  it("warns of a connection without TLS to another host, and of a certificate that is not verified", async () => {
    const remote = await examine({ host: "smsc.invalid", tls: { enabled: false, verify: true }, port: 2775 }, {});
    expect(remote.findings[1]).toMatchObject({ level: "warn", what: "SMS bind acme.a: no TLS to smsc.invalid" });
    const unverified = await examine({ tls: { enabled: true, verify: false } });
    expect(unverified.findings[1]).toMatchObject({ level: "warn", what: expect.stringContaining("is not verified") });
  });

  it("names countries without a sender or a route", async () => {
    const none = await examine({}, { senders: [{ sender: "ACME", country: "US" }] });
    expect(none.findings.at(-1)).toMatchObject({
      level: "warn",
      what: expect.stringContaining("no sender is configured for GB"),
    });
    const unrouted = await examine({}, { prefixes: [{ prefix: "+1", routes: ["acme"] }] });
    expect(unrouted.findings.at(-1)).toMatchObject({ level: "warn", what: expect.stringContaining("of GB") });
  });
});
