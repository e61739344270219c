/**
 * How long phones may ring: as docs/failures.md says of each death. Beside an Asterisk a call goes on there to its fail-safe time,
 * and the death of Asterisk itself leaves the phone to the carrier.
 */
import type { PhoneCall } from "../phones.ts";
import { ringMs, setupLimitMs } from "../states.ts";
import type { ChaosCall } from "./chaos-call.ts";

/** docs/sip-trunks.md: another gateway cancels within 5 s of a death; the same one, 5 s after it is ready again. */
const takeoverMs = 5000;
/** For a machine that is busy with all parts at once, and a CANCEL that was lost: it is repeated after 0.5 s and 1.5 s. */
const slackMs = 3000;

/** Asterisk's own end of a call, after its INVITE went out: what a gateway asks for when it places it. */
const failSafeMs = setupLimitMs + ringMs + 5000;

/** Calls through an Asterisk: each phone that rang must have been told to stop, but by an Asterisk that was killed. */
export function judgeRingingBesideAsterisk(call: ChaosCall, phoneCalls: readonly PhoneCall[]): void {
  const { victim, harm, struckAtMs, mendedAtMs } = call;
  for (const phone of phoneCalls) {
    const { alertedAtMs, invitedAtMs } = phone;
    if (alertedAtMs === null) continue;
    if (victim === "asterisk" && harm === "kill" && invitedAtMs < struckAtMs + slackMs) continue;
    const resumedAtMs = victim === "asterisk" && harm === "freeze" ? mendedAtMs : 0;
    const limitAtMs = victim === "redis" ? alertedAtMs + ringMs : invitedAtMs + failSafeMs;
    judgeStop(call, phone, Math.max(limitAtMs, resumedAtMs) + slackMs);
  }
}

/** The gateway's own SIP: each phone that rang must have been told to stop, and in time. */
export function judgeRinging(call: ChaosCall, phoneCalls: readonly PhoneCall[], gateways: 1 | 2): void {
  for (const phone of phoneCalls) {
    const { alertedAtMs } = phone;
    if (alertedAtMs === null) continue;
    judgeStop(call, phone, Math.max(alertedAtMs + ringMs, waitsUntil(call, gateways)) + slackMs);
  }
}

function judgeStop(call: ChaosCall, phone: PhoneCall, dueAtMs: number): void {
  const { alertedAtMs, canceledAtMs, endedAtMs, invitedAtMs } = phone;
  const stoppedAtMs = canceledAtMs ?? endedAtMs;
  if (stoppedAtMs === null) {
    call.violations.push(`the phone rings on, and nobody cancels${when(call, invitedAtMs)}`);
    return;
  }
  const rangMs = Math.round(stoppedAtMs - (alertedAtMs ?? stoppedAtMs));
  call.overrunMs = Math.max(call.overrunMs ?? 0, rangMs - ringMs);
  const lateMs = Math.round(stoppedAtMs - dueAtMs);
  if (lateMs > 0) call.violations.push(`the phone rang ${rangMs} ms, ${lateMs} ms too long${when(call, invitedAtMs)}`);
}

/** What shows whose fault it is. */
function when({ struckAtMs, mendedAtMs, readyAtMs }: ChaosCall, invitedAtMs: number): string {
  const [invited, mended, ready] = [invitedAtMs, mendedAtMs, readyAtMs].map((ms) => Math.round(ms - struckAtMs));
  return ` (after the harm: INVITE ${invited} ms, mended ${mended} ms, ready ${ready} ms)`;
}

/** Before then nobody need cancel. Redis is in no CANCEL's way: a gateway ends its own calls by its own clock. */
function waitsUntil({ victim, harm, struckAtMs, mendedAtMs, readyAtMs }: ChaosCall, gateways: 1 | 2): number {
  if (victim === "redis") return 0;
  if (victim === "carrier") return mendedAtMs;
  if (gateways === 2) return struckAtMs + takeoverMs;
  return harm === "kill" ? readyAtMs + takeoverMs : mendedAtMs;
}
