/** How the simulated callees behave: the last three digits of the number decide. */

/** One thing that the carrier does about a call, `afterMs` after the step before. */
export type Step =
  | { readonly does: "ring"; readonly afterMs: number }
  | { readonly does: "early_media"; readonly afterMs: number }
  | { readonly does: "answer"; readonly afterMs: number }
  | {
      readonly does: "reject";
      readonly afterMs: number;
      readonly status: number;
      /** Q.850 cause for a Reason header (RFC 3326). */
      readonly q850Cause?: number;
      /** What the phone's call log says of it. */
      readonly as: "busy" | "declined" | "unreachable";
    };

export interface Behaviour {
  /** Steps in turn; null: the carrier stays silent, not even 100 Trying. */
  readonly steps: readonly Step[] | null;
}

/** How long the simulated network takes, in milliseconds. */
export interface Timings {
  /** INVITE to the first response that tells something: real networks take 1 to 8 s, a newcomer has less patience. */
  readonly postDialMs: number;
  /** 904: first ring to the decline. */
  readonly declineAfterMs: number;
  /** 909: INVITE to the first ring. */
  readonly lateRingMs: number;
  /** 910: length of the announcement. */
  readonly announcementMs: number;
}

export const defaultTimings: Timings = {
  postDialMs: 400,
  declineAfterMs: 2000,
  lateRingMs: 3000,
  announcementMs: 1500,
};

/**
 * What happens to a call.
 * @param callee the called number; only its last three digits matter
 */
export function behaviourOf(callee: string, timings: Timings): Behaviour {
  const after = timings.postDialMs;
  switch (/\d{3}$/.exec(callee)?.[0]) {
    case "901":
      return { steps: [{ does: "reject", afterMs: after, status: 486, as: "busy" }] };
    case "902":
      return { steps: [{ does: "reject", afterMs: after, status: 404, as: "unreachable" }] };
    case "903":
      // Q.850 cause 20, subscriber absent: the phone is switched off.
      return { steps: [{ does: "reject", afterMs: after, status: 480, q850Cause: 20, as: "unreachable" }] };
    case "904":
      return {
        steps: [
          { does: "ring", afterMs: after },
          { does: "reject", afterMs: timings.declineAfterMs, status: 603, as: "declined" },
        ],
      };
    case "905":
      return { steps: [{ does: "answer", afterMs: 0 }] };
    case "906":
      return { steps: [{ does: "early_media", afterMs: after }] };
    case "907":
      return { steps: [{ does: "reject", afterMs: after, status: 503, as: "unreachable" }] };
    case "908":
      return { steps: null };
    case "909":
      return { steps: [{ does: "ring", afterMs: timings.lateRingMs }] };
    case "910":
      return {
        steps: [
          { does: "early_media", afterMs: after },
          { does: "reject", afterMs: timings.announcementMs, status: 404, as: "unreachable" },
        ],
      };
    default:
      return { steps: [{ does: "ring", afterMs: after }] };
  }
}
