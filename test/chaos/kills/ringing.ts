/**
 * How long phones may ring where the gateway's own SIP placed the call. Beside an Asterisk another rule holds: a call goes on in
 * Asterisk to its fail-safe time, which its channels show (rest.ts), and the death of Asterisk leaves the phone to the carrier.
 */
import type { PhoneCall } from "../phones.ts";
import { ringMs } from "../states.ts";
import type { ChaosCall } from "./chaos-call.ts";

/** docs/sip-trunks.md: another gateway cancels within 5 s of a death; the same one, 5 s after it is ready again. */
const takeoverMs = 5000;
/** For a machine that is busy with all parts at once, and a CANCEL that was lost: it is repeated after 0.5 s and 1.5 s. */
const slackMs = 2000;
/**
 * ADR 73: an INVITE is noted for other gateways in the rest of its event-loop turn. Killed within it, the gateway leaves its call
 * to the Expires header of the INVITE, which SIPp does not know. Far more than that turn, as SIPp's clock reads late.
 */
const notedMs = 20;

/** Each phone that rang must have been told to stop, and in time. */
export function judgeRinging(call: ChaosCall, phoneCalls: readonly PhoneCall[], gateways: 1 | 2): void {
  for (const phone of phoneCalls) {
    const { alertedAtMs, canceledAtMs, endedAtMs, invitedAtMs } = phone;
    if (alertedAtMs === null) continue;
    const stoppedAtMs = canceledAtMs ?? endedAtMs;
    if (stoppedAtMs === null) {
      const mayBeUnnoted = call.victim === "gateway" && call.harm === "kill" && invitedAtMs > call.struckAtMs - notedMs;
      if (mayBeUnnoted && invitedAtMs < call.mendedAtMs) call.leftToExpires = true;
      else call.violations.push("the phone rings on, and nobody cancels");
      continue;
    }
    call.overrunMs = Math.max(call.overrunMs ?? 0, Math.round(stoppedAtMs - alertedAtMs - ringMs));
    const dueAtMs = Math.max(alertedAtMs + ringMs, waitsUntil(call, gateways)) + slackMs;
    if (stoppedAtMs > dueAtMs) {
      call.violations.push(
        `the phone rang ${Math.round(stoppedAtMs - alertedAtMs)} ms, ${Math.round(stoppedAtMs - dueAtMs)} ms too long`,
      );
    }
  }
}

/** Before then nobody need cancel. Redis is in no CANCEL's way: a gateway ends its own calls by its own clock. */
function waitsUntil({ victim, harm, struckAtMs, mendedAtMs, readyAtMs }: ChaosCall, gateways: 1 | 2): number {
  if (victim === "redis") return 0;
  if (victim === "carrier") return mendedAtMs;
  if (gateways === 2) return struckAtMs + takeoverMs;
  return harm === "kill" ? readyAtMs + takeoverMs : mendedAtMs;
}
