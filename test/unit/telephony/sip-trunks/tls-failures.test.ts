/** A carrier whose certificate is not taken, as the gateway's log, health and metrics say it: real TLS on loopback. */
import { createSecretKey } from "node:crypto";
import { pino } from "pino";
import { afterEach, expect, it, vi } from "vitest";
import { type Clock, systemClock } from "../../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import { type RunningStack, startStack } from "../../../../src/telephony/sip-trunks/stack.ts";
import { createTrunkPlans } from "../../../../src/telephony/sip-trunks/trunk-plans.ts";
import { withAuthorities } from "../../../support/authority.ts";
import { sipSection, sipTrunk } from "../../../support/sip-config.ts";
import { withTransports } from "../../../support/transports.ts";

const startTransports = withTransports();
const newAuthority = withAuthorities();
/** The second OPTIONS, which decides, comes ten times as soon. */
const hasty: Clock = { nowMs: Date.now, after: (ms, callback) => systemClock.after(ms / 10, callback) };
const running: RunningStack[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((stack) => stack.stop()));
});

it.each([
  ["expired", ["IP:127.0.0.1"], "expired", /the certificate expired on 2020-01-02\)\. The carrier has to renew it/],
  ["not yet valid", ["IP:127.0.0.1"], "future", /not yet valid: it begins on 2098-01-01\)\. This machine's clock says/],
  [
    "of another name",
    ["DNS:sbc.carrier.example"],
    "valid",
    /is for sbc\.carrier\.example, wanted 127\.0\.0\.1\)\. If /,
  ],
] as const)("%s: the log, the trunk's health and the metrics say so", async (_, names, lifetime, expected) => {
  const authority = await newAuthority();
  const issued = await authority.issue(names, lifetime);
  const far = await startTransports({ tls: { addresses: [{ address: "127.0.0.1", port: 0 }], ...issued } });
  const { port } = far.target("tls");
  const trunk = sipTrunk({ host: "127.0.0.1", port, transport: "tls", tls: { ca: authority.ca } });
  const sip = await sipSection({ timers: { connect_ms: 30_000 } });
  const lines: Record<string, unknown>[] = [];
  const stack = await startStack({
    ...{ sip, plans: createTrunkPlans({ sip, trunks: { a: { sip: trunk } } }, { sign: () => [] }), clock: hasty },
    ...{ random: cryptoRandom, onInbound: () => undefined, tagKey: createSecretKey(Buffer.alloc(32)) },
    logger: pino({ level: "warn" }, { write: (line: string) => void lines.push(JSON.parse(line)) }),
  });
  running.push(stack);
  const health = () => stack.watch.health("a");
  await vi.waitFor(() => expect(health().usable).toBe(false), { timeout: 8000 });
  expect(health().why).toMatch(/^the carrier does not answer OPTIONS: no connection: tls/);
  expect(health().why).toMatch(expected);
  const said = lines.filter(({ msg }) => msg === "no connection to the carrier");
  const failure = expect.stringMatching(expected);
  // Once, however often it was tried.
  expect(said).toMatchObject([{ trunk: "a", target: `TLS 127.0.0.1:${port}`, failure }]);
  expect(lines).toContainEqual(expect.objectContaining({ msg: "the carrier does not answer OPTIONS", failure }));
  const ends = lifetime === "expired" ? [["a", Date.parse("2020-01-02")]] : [];
  expect([...stack.transports.certificateEnds()]).toEqual(ends);
});
