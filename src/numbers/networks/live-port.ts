/** The ports of live lookups: sources that are asked over the wire, where answers are kept, and who counts. */
import type { Network, NetworkSource } from "./types.ts";

export type LiveSourceName = Extract<NetworkSource, "enum" | "http">;

export type LiveAnswer =
  | { readonly kind: "answered"; readonly network: Omit<Network, "source"> }
  /** The source works, and knows nothing of this number. */
  | { readonly kind: "none" }
  /** `busy`: not asked, for too many are asked now, or it is not to be asked for a while. */
  | { readonly kind: "timeout" | "failed" | "busy" };

export interface LiveSource {
  readonly name: LiveSourceName;
  /** Longest time of an answer, in ms. */
  readonly deadlineMs: number;
  /** Never rejects; answers within its deadline. @param e164 with the plus sign */
  ask(e164: string): Promise<LiveAnswer>;
  /** Whether it answers, as far as requests have shown; `detail` for operators. */
  health(): { readonly up: boolean; readonly detail: string };
  close(): void;
}

/** What one lookup found: null, where the live sources know nothing of the number. */
export type Found = Network | null;

/** Answers that all gateways share (src/redis/network-store.ts). Every method throws `Refusal("store_unavailable")`. */
export interface NetworkStore {
  /** @param hash keyed, of the number @returns undefined where nothing is kept */
  read(hash: string): Promise<{ readonly found: Found; readonly leftMs: number } | undefined>;
  keep(hash: string, found: Found, ttlMs: number): Promise<void>;
  /** @returns whether something was kept */
  forget(hash: string): Promise<boolean>;
  /** Takes one lookup from the budget of a source, over all gateways. @returns false where it is used up */
  take(source: LiveSourceName, perMinute: number, perDay: number): Promise<boolean>;
}

export type QuestionResult = LiveAnswer["kind"] | "over_budget" | "store_unavailable";

export interface NetworkObserver {
  /** One question to a live source ended. @param seconds null: it was not asked */
  asked(source: LiveSourceName, result: QuestionResult, seconds: number | null): void;
  /** Where the answer to a `find` was: `memory`, `redis`, `shared` (another one's lookup), or `none`. */
  cache(where: "memory" | "redis" | "shared" | "none"): void;
}
