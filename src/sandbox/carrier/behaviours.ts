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
  /** What this callee does, in a few words for a person. */
  readonly title: string;
  /** Steps in turn; null: the carrier stays silent, not even 100 Trying. */
  readonly steps: (timings: Timings) => readonly Step[] | null;
}

/** How long the simulated network takes, in milliseconds. */
export interface Timings {
  /** INVITE to the first 180 or 183: real networks take 1 to 8 s; short here, for people who try the sandbox. */
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

/** 180 and nothing more: the phone rings until somebody does something about it. */
const ringing: Behaviour = { title: "rings", steps: (t) => [{ does: "ring", afterMs: t.postDialMs }] };

const rejected = (
  title: string,
  rejection: Pick<Step & { does: "reject" }, "status" | "q850Cause" | "as">,
): Behaviour => ({
  title,
  steps: (t) => [{ does: "reject", afterMs: t.postDialMs, ...rejection }],
});

/** By the last three digits; all others ring. */
export const behaviours: Readonly<Record<string, Behaviour>> = {
  "901": rejected("busy", { status: 486, as: "busy" }),
  "902": rejected("not in use", { status: 404, as: "unreachable" }),
  // Q.850 cause 20, subscriber absent.
  "903": rejected("switched off", { status: 480, q850Cause: 20, as: "unreachable" }),
  "904": {
    title: "declines",
    steps: (t) => [
      { does: "ring", afterMs: t.postDialMs },
      { does: "reject", afterMs: t.declineAfterMs, status: 603, as: "declined" },
    ],
  },
  "905": { title: "answers at once", steps: () => [{ does: "answer", afterMs: 0 }] },
  "906": { title: "music, no ring", steps: (t) => [{ does: "early_media", afterMs: t.postDialMs }] },
  "907": rejected("network full", { status: 503, as: "unreachable" }),
  "908": { title: "never responds", steps: () => null },
  "909": { title: "rings late", steps: (t) => [{ does: "ring", afterMs: t.lateRingMs }] },
  "910": {
    title: "announcement",
    steps: (t) => [
      { does: "early_media", afterMs: t.postDialMs },
      { does: "reject", afterMs: t.announcementMs, status: 404, as: "unreachable" },
    ],
  },
};

/**
 * What happens to a call, step by step; null: nothing, ever.
 * @param callee the called number; only its last three digits matter
 */
export function stepsFor(callee: string, timings: Timings): readonly Step[] | null {
  const digits = /\d{3}$/.exec(callee)?.[0] ?? "";
  return (behaviours[digits] ?? ringing).steps(timings);
}
