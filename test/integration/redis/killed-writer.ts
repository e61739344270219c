/** Writes events in a process of its own, begins to relay them, and is killed before it has acknowledged any. */
import { pino } from "pino";
import { missedCallMachine } from "../../../src/channels/missed-call/machine.ts";
import { createStore } from "../../../src/redis/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { createHashes } from "../../../src/verification/hashes.ts";
import { newVerificationId } from "../../../src/verification/ids.ts";
import { testConfig } from "../../support/test-config.ts";

const [url = ""] = process.argv.slice(2);
const config = testConfig();
const store = createStore({
  redis: { url, command_timeout_ms: 2000 },
  reputation: config.caller_id_reputation,
  clock: systemClock,
  logger: pino({ level: "silent" }),
});
await store.firstTried();
const start = new URL("../../../src/channels/missed-call/lua/start.lua", import.meta.url);
const channel = { name: "missed_call", machine: missedCallMachine, scripts: { start } };
const verifications = store.verifications({ verification: config.verification, apps: 1 }, [channel]);
const hashes = createHashes("a key of 32 characters and more, of this test");
const ids: string[] = [];
for (let i = 0; i < 30; i++) {
  const to = `+4477010${String(i).padStart(5, "0")}`;
  const callee = hashes.callee(to);
  const id = newVerificationId(callee.bucket, cryptoRandom);
  const about = { to, country: "GB", reference: null, metadata: null, session: null, cost: null, recipient: null };
  const code = [hashes.presented(`+442079400${i}`), hashes.code(id, "123456"), 6, '{"prefix":"+4420794","digits":6}'];
  await verifications.begin(
    {
      ...about,
      mode: "new",
      app: "shop",
      id,
      channel: "missed_call",
      callee,
      step: null,
      workflow: null,
      client: null,
      guard: null,
      simulated: null,
    },
    [1, 30_000, 100, 60_000, 30_000, 1e-6, "own", ...code],
  );
  await verifications.cancel("shop", id);
  ids.push(id);
}
const taken = await store.outboxes.take(0, "live", 20, null);
if (taken.kind !== "taken") throw new Error("nothing was taken");
process.send?.(ids, () => process.kill(process.pid, "SIGKILL"));
