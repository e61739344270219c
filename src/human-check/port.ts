/** A check that a person, or at least an unhurried machine, is behind a start by a start token. */

export interface HumanCheckAbout {
  /** Of the start token: what a proof of work is made for. */
  readonly challenge: string;
  /** The client's address. */
  readonly ip: string;
  /** Hosts of the pages that may ask; empty: any. */
  readonly hostnames: readonly string[];
}

/**
 * `failed`: the answer is wrong, was used, is too old, or belongs to another page. `unavailable`: the service gave no verdict.
 * `why` is for the log and the app's developer: a word of this list, or the service's own error code; never the answer.
 */
export type HumanVerdict =
  | { readonly kind: "passed" }
  | { readonly kind: "failed"; readonly why: string }
  | { readonly kind: "unavailable"; readonly why: string };

/** What a page needs to be checked; in the answer with the start token. */
export type HumanTask = {
  readonly check: string;
  readonly provider: string;
  /** Of the service's widget; null: none is configured, or the provider has none. */
  readonly site_key: string | null;
  readonly action: string | null;
  /** Of a proof of work; null: another provider. */
  readonly challenge: string | null;
  readonly bits: number | null;
};

export interface HumanCheck {
  /** @param challenge of the start token */
  task(challenge: string): HumanTask;
  /** @param answer as the page sent it. Never throws. */
  verify(answer: string, about: HumanCheckAbout): Promise<HumanVerdict>;
  /** Whether a start goes on where the service gives no verdict. */
  readonly failOpen: boolean;
}

export interface HumanChecks {
  /** By its name in the configuration; null: there is none. */
  find(name: string): HumanCheck | null;
  /** Closes its connections. */
  close(): void;
}
