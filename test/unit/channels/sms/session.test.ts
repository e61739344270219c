/** The connection to an SMSC: bind, TLS, enquire_link, window, breaks, unbind. */
import { readFileSync } from "node:fs";
import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { encodePdu } from "../../../../src/channels/sms/smpp/pdu.ts";
import { addSmsMetrics } from "../../../../src/observability/sms-metrics.ts";
import { withCertificates } from "../../../support/certificates.ts";
import { manualClock } from "../../../support/manual-clock.ts";
import { eventually, openBound, openWorld, password, text } from "./world.ts";

const certificate = withCertificates();
/** Pauses before the next attempt to bind, ms. */
const pauses = (log: readonly string[]) =>
  log.flatMap((line) => /"pauseMs":(\d+)/.exec(line)?.slice(1).map(Number) ?? []);
const taken = { kind: "taken", receiptId: expect.stringMatching(/^acme:/) };

it("binds, sends and unbinds", async () => {
  const { route, send, smsc, messages } = await openBound();
  expect(await send()).toEqual(taken);
  expect(messages).toMatchObject([{ from: "ACME", to: "+447700900123", text, segments: 1 }]);
  await route.stop(1000);
  expect(smsc.counts.get("unbind")).toBe(1);
  expect(route.health()).toEqual({ up: false, detail: "acme.a unbound" });
});

it("says why there is no bind, without the password, and tries again", async () => {
  const clock = manualClock();
  const { route, smsc, log } = await openWorld({ clock, bind: { password: "wr0ng" } });
  await route.start();
  expect(route.health()).toEqual({ up: false, detail: "acme.a the SMSC refused the bind: ESME_RINVPASWD" });
  // A wrong password is tried rarely: carriers lock accounts.
  const [pauseMs = 0] = pauses(log);
  expect(pauseMs).toBeGreaterThanOrEqual(30_000);
  clock.pass(pauseMs);
  await eventually(() => expect(smsc.counts.get("bind_transceiver")).toBe(2));
  expect(log.join()).not.toMatch(/wr0ng/);
});

it("gives up a bind that is not answered in its time", async () => {
  const clock = manualClock();
  const { route, smsc } = await openWorld({ clock });
  smsc.setSilent(true);
  const started = route.start();
  await eventually(() => expect(clock.pending).toBeGreaterThan(2));
  clock.pass(10_000);
  await started;
  expect(route.health().detail).toMatch(/not bound within 10000 ms|no answer to bind_transceiver/);
});

it("connects again, later each time, and sends then", async () => {
  const clock = manualClock();
  const { route, smsc, send, log } = await openBound({ clock });
  smsc.setReachable(false);
  await eventually(() => expect(route.health().up).toBe(false));
  for (let tries = 1; tries < 5; tries++) {
    await eventually(() => expect(pauses(log)).toHaveLength(tries));
    clock.pass(pauses(log).at(-1) ?? 0);
  }
  await eventually(() => expect(pauses(log)).toHaveLength(5));
  expect(pauses(log).every((pause, index) => pause >= 500 * 2 ** index && pause <= 1000 * 2 ** index)).toBe(true);
  smsc.setReachable(true);
  clock.pass(pauses(log).at(-1) ?? 0);
  await eventually(() => expect(route.health().up).toBe(true));
  expect(await send()).toEqual(taken);
});

it("asks by enquire_link after a silence, and takes no answer for a broken connection", async () => {
  const clock = manualClock();
  const { route, smsc } = await openBound({ clock });
  clock.pass(30_000);
  await eventually(() => expect(smsc.counts.get("enquire_link")).toBe(1));
  clock.pass(4000);
  expect(route.health().up).toBe(true);
  smsc.setSilent(true);
  clock.pass(30_000);
  clock.pass(5000);
  expect(route.health()).toEqual({ up: false, detail: "acme.a no answer to enquire_link" });
});

it("answers enquire_link and unknown requests of the SMSC", async () => {
  const { smsc } = await openBound();
  smsc.raw(encodePdu({ command: "enquire_link", sequence: 99 }));
  await eventually(() => expect(smsc.counts.get("enquire_link_resp")).toBe(1));
  // alert_notification (§4.12.1) is not in the table.
  smsc.raw(Buffer.from("00000010000001020000000000000063", "hex"));
  await eventually(() => expect(smsc.counts.get("generic_nack")).toBe(1));
});

it("answers unbind, and binds again", async () => {
  const clock = manualClock();
  const { smsc, route } = await openBound({ clock });
  smsc.unbind();
  await eventually(() => expect(smsc.counts.get("unbind_resp")).toBe(1));
  expect(route.health()).toEqual({ up: false, detail: "acme.a the SMSC unbound" });
  clock.pass(1000);
  await eventually(() => expect(route.health().up).toBe(true));
});

it("closes a connection whose bytes are not SMPP", async () => {
  const { smsc, route } = await openBound();
  smsc.raw(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await eventually(() => expect(route.health().up).toBe(false));
  expect(route.health().detail).toMatch(/this is not SMPP/);
});

it("never has more messages outstanding than the window", async () => {
  const { decide, route, send, smsc } = await openBound({ bind: { window: 3 } });
  decide({ answer: 0, answerDelayMs: 100 });
  const all = Promise.all(Array.from({ length: 6 }, () => send()));
  await eventually(() => expect(smsc.submits).toHaveLength(3));
  // A seventh finds as many waiting as there may be.
  expect(
    await route.reserve({ app: "shop", to: "+447700900123", country: "GB", text, locale: "en", sender: null }),
  ).toEqual({
    ...{ none: "throttled", retryAfterMs: 1000 },
  });
  expect(await all).toEqual(Array.from({ length: 6 }, () => taken));
  expect(smsc.submits).toHaveLength(6);
});

it("lets messages end before it unbinds, and takes no new ones", async () => {
  const { decide, route, send, smsc } = await openBound();
  decide({ answer: 0, answerDelayMs: 200 });
  const sent = send();
  await eventually(() => expect(smsc.submits).toHaveLength(1));
  const stopped = route.stop(5000);
  await expect(send()).rejects.toThrow("no place: provider_down");
  expect(await sent).toEqual(taken);
  await stopped;
  expect(smsc.counts.get("unbind")).toBe(1);
});

it("verifies the SMSC's certificate, against the CA of the configuration too", async () => {
  const { certFile, keyFile } = await certificate();
  const tls = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  const untrusted = await openWorld({ smsc: { tls }, bind: { tls: { enabled: true, verify: true } } });
  await untrusted.route.start();
  expect(untrusted.route.health()).toEqual({ up: false, detail: "acme.a DEPTH_ZERO_SELF_SIGNED_CERT" });
  expect(untrusted.smsc.counts.get("bind_transceiver")).toBeUndefined();

  const ca = readFileSync(certFile, "utf8");
  const { send, messages } = await openBound({ smsc: { tls }, bind: { tls: { enabled: true, verify: true, ca } } });
  expect(await send()).toEqual(taken);
  expect(messages).toHaveLength(1);

  const other = await openWorld({
    smsc: { tls },
    bind: { tls: { enabled: true, verify: true, ca, server_name: "smsc.example" } },
  });
  await other.route.start();
  expect(other.route.health()).toEqual({ up: false, detail: "acme.a ERR_TLS_CERT_ALTNAME_INVALID" });
});

it("checks the name of the configuration instead of the host's", async () => {
  const { certFile, keyFile } = await certificate("smsc.example");
  const tls = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  const ca = readFileSync(certFile, "utf8");
  const own = { enabled: true, verify: true, ca, server_name: "smsc.example" };
  const { send } = await openBound({ smsc: { tls }, bind: { tls: own } });
  expect(await send()).toEqual(taken);
});

it("shows password, numbers and codes in no log, event or metric", async () => {
  const { decide, send, smsc, route, log, events } = await openBound({ config: { response_timeout_ms: 500 } });
  const answers = [0, 0x58, 0x0b, 0x45, 0x08, "never", "break"] as const;
  for (const answer of answers) {
    decide({ answer, receipts: [{ state: "UNDELIV", afterMs: 0, error: "001" }] });
    await eventually(() => expect(route.health().detail).toBe("acme.a bound"));
    await send();
    if (answer === 0x58) await new Promise((resolve) => setTimeout(resolve, 1100));
  }
  smsc.inbound("+447700900123", "ACME", text);
  smsc.raw(Buffer.from("000000200000000500000000000000", "hex"));
  await eventually(() => expect(events.filter(([type]) => type === "sms.submitted")).toHaveLength(answers.length));
  const registry = new Registry();
  const count = addSmsMetrics(registry) as Readonly<Record<string, (data: unknown) => void>>;
  for (const [type, data] of events) count[type]?.(data);
  const metrics = await registry.metrics();
  expect(metrics).toMatch(/onering_sms_submitted_total\{route="acme",status="ESME_RTHROTTLED"\} 1/);
  expect(metrics).toMatch(/onering_sms_submitted_total\{route="acme",status="no_answer"\} 2/);
  const all = `${log.join("")}${JSON.stringify(events)}${metrics}`;
  for (const secret of [password, "447700900123", "8349027461", text]) expect(all).not.toContain(secret);
});

it("abandons an attempt to bind when it stops", async () => {
  const { route, smsc } = await openWorld({ clock: manualClock() });
  smsc.setSilent(true);
  const started = route.start();
  await route.stop(0);
  // The clock stands still: no deadline ends the attempt.
  await started;
  expect(route.health().up).toBe(false);
});
