/** What happens to caller IDs. */
import type { CooldownReason } from "./store-port.ts";

export interface CallerIdEvents {
  /** A caller ID of this range went into cool-down, after a call on this trunk. */
  "caller_id.cooldown": {
    readonly range: string;
    readonly trunk: string;
    readonly reason: CooldownReason;
  };
}
