/** What must hold after every kill. Each function returns what did not, in words. */
import type { App } from "../app.ts";
import { type Leases, readLeases } from "../leases.ts";
import type { PhoneCall } from "../phones.ts";
import { ask, sleep, wallMs } from "../time.ts";
import type { ChaosCall } from "./chaos-call.ts";
import type { World } from "./world.ts";

/** A verification may be seen to end so much later than its time is over. */
const graceMs = 5000;
const terminal = ["verified", "failed", "expired", "canceled", "undeliverable"];

/** Right after a recovery: whatever a dead process had leased ends by itself, and in time. */
export async function judgeLeases(world: World): Promise<string[]> {
  const { callees, places, others } = await readLeases(world.redisUrl);
  const endless = [...callees, ...others].filter(({ endsInMs }) => endsInMs === Number.POSITIVE_INFINITY);
  const tooLong = [...callees, ...places].filter(({ endsInMs }) => endsInMs > world.longestLeaseMs);
  return [
    ...endless.map(({ key }) => `${key} never ends`),
    ...tooLong.map(({ key, endsInMs }) => `${key} ends only in ${Math.round(endsInMs)} ms`),
  ];
}

/** When the longest call is over: nobody is rung, no place is taken, Asterisk has no channel. */
export async function judgeCalm(world: World): Promise<string[]> {
  await sleep(world.longestLeaseMs);
  const { callees, places }: Leases = await readLeases(world.redisUrl);
  const left = [...callees, ...places].filter(({ endsInMs }) => endsInMs > 0);
  const channels = await world.channels();
  return [
    ...left.map(({ key, endsInMs }) => `${key} outlives the longest call by ${Math.round(endsInMs)} ms`),
    ...(channels > 0 ? [`${channels} channels are left in Asterisk`] : []),
  ];
}

/** Waits for the end, which must come. */
export async function judgeEnd(call: ChaosCall, app: App): Promise<void> {
  const { verification } = call;
  if (verification === null || call.end !== "") return;
  const { id, expiresAtMs } = verification;
  const look = async () => {
    const now = await app.read(id).catch((error) => error as Error);
    if (now === null || (!(now instanceof Error) && !terminal.includes(now.status))) return null;
    return now;
  };
  const end = await ask(look, Math.max(0, expiresAtMs + graceMs - wallMs()), 250);
  if (end === null || end instanceof Error) {
    call.violations.push(`lost: ${end?.message ?? `${id} did not end within its time and ${graceMs} ms`}`);
    call.end = "lost";
    return;
  }
  if ((end.endedAtMs ?? Number.POSITIVE_INFINITY) > expiresAtMs + graceMs) {
    call.violations.push(`${id} ended ${end.endedAtMs}, though its time was over at ${expiresAtMs}`);
  }
  call.end = end.status;
}

/** Looks at one call when all is over. */
export function judgeCall(call: ChaosCall, phoneCalls: readonly PhoneCall[]): void {
  const rang = phoneCalls.filter(({ alertedAtMs }) => alertedAtMs !== null);
  if (rang.length > 1) call.violations.push(`the phone rang ${rang.length} times`);
  if (call.timesVerified > 1) call.violations.push(`verified ${call.timesVerified} times`);
  if (call.mustVerify && call.typed !== "not_typed" && call.typed !== "verified") {
    call.violations.push(`the right digits of a call that had rung: ${call.typed}`);
  }
}
