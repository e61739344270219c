/** What must hold after every kill. Each function returns what did not, in words. */
import type { App } from "../app.ts";
import { readLeases } from "../leases.ts";
import type { PhoneCall } from "../phones.ts";
import { ask, wallMs } from "../time.ts";
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

/** Waits for the end, which must come. */
export async function judgeEnd(call: ChaosCall, app: App): Promise<void> {
  const { verification } = call;
  if (verification === null || call.end !== "") return;
  const { id, expiresAtMs } = verification;
  let last: string | null = null;
  const look = async () => {
    const now = await app.read(id);
    last = now?.status ?? last;
    return now !== null && terminal.includes(now.status) ? now : null;
  };
  const end = await ask(look, Math.max(0, expiresAtMs + graceMs - wallMs()), 250);
  if (end === null) {
    call.end = "lost";
    call.violations.push(`lost: ${id} reads ${last ?? "nothing"} when its time and ${graceMs} ms are over`);
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
