/**
 * `npm run test:wide [-- PART …]`: the wide forms of tests whose breadth is a count or a matrix. `npm test` plays a narrow one of
 * each. The long forms of chaos, trials, fuzz, load and bench have scripts of their own.
 */
import { spawnSync } from "node:child_process";

interface Part {
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
}

const parts: Readonly<Record<string, Part>> = {
  conformance: { file: "test/conformance/examples", env: { CONFORMANCE: "1000" } },
  connections: { file: "test/unit/http/connections", env: { IDLE_CONNECTIONS: "9900" } },
  guard: { file: "test/integration/guard/attack", env: { GUARD_DAYS: "14", GUARD_STARTS: "60" } },
  guesses: { file: "test/integration/security/guesses", env: { GUESSES: "100000", CALLEES: "1000" } },
  "message-kills": { file: "test/integration/app/message-killed", env: { MESSAGE_KILLS: "10" } },
  "sip-calls": { file: "test/unit/sip/call/call-properties", env: { SIP_CALL_RUNS: "10000" } },
  "sip-loss": { file: "test/integration/sip/loss", env: { SIP_LOSS_CALLS: "30" } },
  processes: { file: "test/integration/app/processes", env: { PROCESSES: "wide" } },
  "sip-takeover": { file: "test/integration/app/sip-takeover", env: { SIP_TAKEOVER: "wide" } },
  "sip-tls": { file: "test/integration/telephony/sip-trunks", env: { SIP_TRUNKS: "wide" } },
  streams: { file: "test/integration/events", env: { RECONNECTIONS: "1000", STREAMS: "5000" } },
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => parts[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(`no part ${unknown.join(", ")}; there are ${Object.keys(parts).join(", ")}\n`);
  process.exit(64);
}
// One after the other: each is written for a machine that is not busy with another one.
const failed = (asked.length > 0 ? asked : Object.keys(parts)).filter((name) => {
  const { file, env } = parts[name] as Part;
  process.stdout.write(`${name}: ${JSON.stringify(env)}\n`);
  const vitest = ["vitest", "run", "--config", "test/vitest.config.ts", "--reporter", "default", file];
  return spawnSync("npx", vitest, { stdio: "inherit", env: { ...process.env, ...env } }).status !== 0;
});
if (failed.length > 0) process.stderr.write(`failed: ${failed.join(", ")}\n`);
process.exitCode = failed.length > 0 ? 1 : 0;
