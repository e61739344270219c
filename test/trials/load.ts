/** Starts at a steady rate, and what they got. */
import type { World } from "./world.ts";

export interface Started {
  readonly atMs: number;
  readonly status: number;
  /** Detail of a refusal; '' of what was accepted. */
  readonly detail: string;
  readonly id: string | null;
}

/** What came of the starts of one side of a trial. */
export interface Tally {
  readonly starts: readonly Started[];
  readonly accepted: number;
  readonly percent: number;
  /** How often each refusal came. */
  readonly refusals: Readonly<Record<string, number>>;
}

export interface Offer {
  readonly perSecond: number;
  readonly seconds: number;
  readonly isAttack?: boolean;
  /** The callee of start number n, from 0. */
  readonly callee: (n: number) => string;
  /** At most so many starts; bounds a trial. */
  readonly most?: number;
}

/** Open loop: a slow answer delays no later start. */
export async function offer(world: World, { perSecond, seconds, isAttack, callee, most }: Offer): Promise<Tally> {
  const count = Math.min(most ?? Number.POSITIVE_INFINITY, Math.round(perSecond * seconds));
  const startMs = performance.now();
  const answers: Promise<Started>[] = [];
  for (let n = 0; n < count; n++) {
    const dueMs = startMs + (n * 1000) / perSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const atMs = performance.now() - startMs;
    const answer = world.start(callee(n), isAttack).then(
      ({ status, json }) => ({
        atMs,
        status,
        detail: String(json.detail ?? ""),
        id: status === 201 ? String(json.id) : null,
      }),
      () => ({ atMs, status: 0, detail: "no answer", id: null }),
    );
    answers.push(answer);
  }
  return tallyOf(await Promise.all(answers));
}

export function tallyOf(starts: readonly Started[]): Tally {
  const refusals: Record<string, number> = {};
  for (const { status, detail } of starts) {
    const refusal = `${status} ${detail}`;
    if (status !== 201) refusals[refusal] = (refusals[refusal] ?? 0) + 1;
  }
  const accepted = starts.filter(({ status }) => status === 201).length;
  return { starts, accepted, percent: starts.length === 0 ? 100 : (100 * accepted) / starts.length, refusals };
}

/** How many of the accepted starts of the honest app rang a phone. */
export async function rung(world: World, { starts }: Tally): Promise<number> {
  let count = 0;
  for (const { id } of starts) {
    if (id === null) continue;
    const { json } = await world.get(`/v1/verifications/${id}`);
    const { state } = json.delivery as { readonly state: string };
    if (state === "rung" || state === "ringing") count++;
  }
  return count;
}

export const honest = (n: number) => `+44740001${String(n % 10_000).padStart(4, "0")}`;
/** The attacker's, each with a prefix of its own. */
export const spread = (n: number) => `+4475${String(n % 100).padStart(2, "0")}2${String(n % 100_000).padStart(5, "0")}`;
/** The attacker's, with the prefix of the honest callees. */
export const samePrefix = (n: number) => `+44740002${String(n % 10_000).padStart(4, "0")}`;
