/** What must hold after every kill and every freeze. Each function returns what did not, in words. */
import type { App } from "../app.ts";
import { readLeases } from "../leases.ts";
import type { PhoneCall } from "../phones.ts";
import { plans } from "../states.ts";
import { ask, wallMs } from "../time.ts";
import type { ChaosCall } from "./chaos-call.ts";
import type { World } from "./world.ts";

/** A verification may be seen to end so much later than its time is over. */
const graceMs = 5000;
/** One read that fails tells nothing of the verification; when it ended is told by itself, so late reading hides nothing. */
const readWithinMs = 10_000;
const terminal = ["verified", "failed", "expired", "canceled", "undeliverable"];

/** Right after a recovery: whatever a lost process had leased ends by itself, and in time. */
export async function judgeLeases(world: World): Promise<string[]> {
  const { callees, places, others } = await readLeases(world.redisUrl);
  const endless = [...callees, ...others].filter(({ endsInMs }) => endsInMs === Number.POSITIVE_INFINITY);
  const tooLong = [
    ...callees.filter(({ endsInMs }) => endsInMs > world.longestLeaseMs),
    ...places.filter(({ endsInMs }) => endsInMs > world.longestCallMs),
  ];
  return [
    ...endless.map(({ key }) => `${key} never ends`),
    ...tooLong.map(({ key, endsInMs }) => `${key} ends only in ${Math.round(endsInMs)} ms`),
  ];
}

/** Waits for the end, which must come. Starts made once more find it afterwards, where Redis keeps what it confirmed. */
export async function judgeEnd(call: ChaosCall, app: App, keepsAll: boolean): Promise<void> {
  const { verification } = call;
  if (verification === null || call.end !== "") return;
  const { id, expiresAtMs } = verification;
  let last: string | null = null;
  const look = async () => {
    const now = await app.read(id);
    last = now?.status ?? last;
    return now !== null && terminal.includes(now.status) ? now : null;
  };
  const end = await ask(look, Math.max(readWithinMs, expiresAtMs + graceMs - wallMs()), 250);
  if (end === null) {
    call.end = "lost";
    call.violations.push(`lost: ${id} reads ${last ?? "nothing"} when its time and ${graceMs} ms are over`);
    return;
  }
  if ((end.endedAtMs ?? Number.POSITIVE_INFINITY) > expiresAtMs + graceMs) {
    call.violations.push(`${id} ended ${end.endedAtMs}, though its time was over at ${expiresAtMs}`);
  }
  call.end = end.status;
  if (keepsAll) await call.startAgain(app);
}

/** Looks at one call when all is over. */
export function judgeCall(call: ChaosCall, phoneCalls: readonly PhoneCall[]): void {
  const rang = phoneCalls.filter(({ alertedAtMs }) => alertedAtMs !== null);
  if (rang.length > plans[call.state].calls) call.violations.push(`the phone rang ${rang.length} times`);
  const crossing = rang.filter(
    ({ alertedAtMs }, index) => index > 0 && !isBefore(rang[index - 1]?.endedAtMs, alertedAtMs),
  );
  if (crossing.length > 0) call.violations.push("the phone rang for two calls at once");
  const doubled = phoneCalls.filter(
    ({ invitedAtMs }, index) => index > 0 && !isBefore(phoneCalls[index - 1]?.endedAtMs, invitedAtMs),
  );
  if (doubled.length > 0) call.violations.push("the callee was called while an earlier INVITE had no end");
  const late = call.placedLate(phoneCalls);
  if (late !== null) call.violations.push(`the gateway placed a call after it woke up: ${sinceWaking(call, late)}`);
  if (call.timesVerified > 1) call.violations.push(`verified ${call.timesVerified} times`);
  if (call.timesWrong > 0) call.violations.push("the digits that the phone showed were called wrong");
  if (call.mustVerify && call.typed !== "not_typed" && call.typed !== "verified") {
    call.violations.push(`the right digits of a call that had rung: ${call.typed}`);
  }
  if (call.mustVerify && rang.length === 0) {
    call.violations.push(`the gateway read ${call.statusBefore}, and the phone never rang`);
  }
  // Left alone, such a verification lives its whole life.
  if (call.mustVerify && ["failed", "undeliverable"].includes(call.end)) {
    call.violations.push(`the phone had rung, and the verification ended as ${call.end}`);
  }
}

function sinceWaking({ mendedAtMs }: ChaosCall, { invitedAtMs, alertedAtMs, canceledAtMs }: PhoneCall): string {
  const after = (atMs: number | null) => (atMs === null ? "never" : `${Math.round(atMs - mendedAtMs)} ms`);
  return `INVITE ${after(invitedAtMs)}, 180 ${after(alertedAtMs)}, CANCEL ${after(canceledAtMs)} later`;
}

function isBefore(atMs: number | null | undefined, laterMs: number | null): boolean {
  return atMs != null && laterMs !== null && atMs < laterMs;
}
