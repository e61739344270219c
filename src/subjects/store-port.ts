/** The port from personal data to every feature that keeps something of a number or an address. */

/** Whom it is about. */
export interface Subject {
  /** Canonical: E.164 with the plus sign, an address, a push registration. */
  readonly to: string;
  /** How Redis, records and the audit log know it: bucket and hash of `Hashes.callee`. */
  readonly hash: string;
  /** Ids of verifications that had it as a recipient, as far as they are still known. */
  readonly verifications: ReadonlySet<string>;
  /** A store found another one: from now on it is among them, for the stores that follow. */
  note?(verification: string): void;
  /** Whether a recipient is this one, however it is spelt. */
  is(recipient: string): boolean;
}

/** What one call of a store did. */
export interface ErasedPart {
  /** Entries that were erased: deleted, or what is personal in them blanked. */
  readonly erased: number;
  /** Where to go on; null: nothing is left. */
  readonly next: string | null;
}

export interface ExportedPart {
  readonly items: readonly object[];
  readonly next: string | null;
}

/**
 * One class of what is kept. Each call does a bounded amount of work (some hundred entries) and may be repeated at any time:
 * what is erased already is not found again. Every method throws where its store does not answer.
 */
export interface SubjectStore {
  /** The class in the answer, such as `webhook_deliveries`. */
  readonly name: string;
  /** @param after `next` of the call before; null: from the beginning */
  export(subject: Subject, after: string | null): Promise<ExportedPart>;
  erase(subject: Subject, after: string | null): Promise<ErasedPart>;
}

/**
 * The next verifications of a subject, in the order of their ids: one that is found later moves no other.
 * @param after the last id of the part before; null: from the beginning
 */
export function verificationsAfter({ verifications }: Subject, after: string | null, most: number) {
  const all = [...verifications].sort().filter((id) => after === null || id > after);
  const ids = all.slice(0, most);
  return { ids, next: all.length > ids.length ? (ids.at(-1) ?? null) : null };
}
