/**
 * Exports and erases everything that is kept of a number or an address. Each request does a bounded amount of work and says where
 * to go on; a request from the beginning does no harm.
 */
import type { Audit } from "../audit/port.ts";
import { type Clock, steadyClock } from "../shared/clock.ts";
import { Refusal } from "../shared/refusal.ts";
import type { CalleeRef } from "../verification/hashes.ts";
import type { SubjectIndex } from "./index-port.ts";
import type { Subject, SubjectStore } from "./store-port.ts";

/** Of one request: well below the patience of a proxy. */
const budgetMs = 5000;
/** Of one answer. */
const mostItems = 500;

export interface ExportAnswer {
  /** By class. */
  readonly kept: Record<string, object[]>;
  readonly next: string | null;
}

export interface EraseAnswer {
  /** How the audit log names whom it was about. */
  readonly subject: string;
  /** Entries by class. */
  readonly erased: Record<string, number>;
  readonly next: string | null;
}

export interface SubjectRequest {
  readonly to: string;
  readonly country: string | null;
  /** `next` of the answer before; null: from the beginning. */
  readonly after: string | null;
  /** For the audit log. */
  readonly who: string;
}

/**
 * @throws {Refusal} where `to` is nothing that could be kept, or a store does not answer: what was done until then is done.
 *   `records_unavailable`: all that does not need the records is done
 */
export interface Subjects {
  export(request: SubjectRequest): Promise<ExportAnswer>;
  erase(request: SubjectRequest): Promise<EraseAnswer>;
}

/** Finds verifications of a subject that Redis has forgotten. */
export type FindVerifications = (hash: string) => Promise<readonly string[]>;

export function createSubjects(options: {
  /** In the order in which they are erased: what makes new entries first. */
  readonly stores: readonly SubjectStore[];
  readonly index: SubjectIndex;
  readonly findVerifications: FindVerifications;
  readonly identify: (to: string, country: string | null) => { readonly to: string; readonly callee: CalleeRef };
  readonly audit: Pick<Audit, "act">;
  readonly clock: Clock;
}): Subjects {
  const { stores, index, findVerifications, identify, audit, clock } = options;

  /**
   * @returns null: what was found is forgotten, or was never searched. `away`: why the records could not be asked; what other
   *   stores have can be erased nevertheless
   */
  async function open(to: string, callee: CalleeRef): Promise<Opened | null> {
    const known = await index.verifications(callee);
    if (known === null) return null;
    const noted = await index.noted(callee);
    const hash = hashOf(callee);
    let recorded: readonly string[] = [];
    let away: unknown = null;
    try {
      recorded = await findVerifications(hash);
    } catch (error) {
      away = error;
    }
    const verifications = new Set([...known.map(({ id }) => id), ...noted, ...recorded]);
    const fresh = new Set<string>();
    const subject: Subject = {
      ...{ to, hash, verifications },
      note(verification) {
        verifications.add(verification);
        fresh.add(verification);
      },
      is: (recipient) => recipient.toLowerCase() === to.toLowerCase(),
    };
    return {
      subject,
      away,
      /** What made a store find them may be erased: the request that goes on must know them. */
      async keepNoted() {
        if (fresh.size === 0) return;
        await index.note(callee, [...fresh]);
        fresh.clear();
      },
    };
  }

  /** Goes from the place on through all stores, until time is over. @returns the place to go on */
  async function walk(
    request: SubjectRequest,
    visit: (store: SubjectStore, subject: Subject, after: string | null) => Promise<string | null>,
    isFull: () => boolean,
  ): Promise<string | null> {
    const { nowMs } = steadyClock(clock);
    const endsAtMs = nowMs() + budgetMs;
    const isOver = () => isFull() || nowMs() >= endsAtMs;
    const { to, callee } = identify(request.to, request.country);
    let place = readPlace(request.after, stores.length);
    let opened = place.store === searching ? null : await open(to, callee);
    let searchAfter = place.store === searching ? place.after : null;
    while (opened === null) {
      searchAfter = await index.search(callee, searchAfter);
      if (searchAfter === null) {
        place = { ...place, store: 0, after: null };
        opened = await open(to, callee);
      } else if (isOver()) return writePlace({ ...place, store: searching, after: searchAfter });
    }
    let { away } = opened;
    while (place.store < stores.length) {
      let next: string | null = null;
      try {
        next = await visit(stores[place.store] as SubjectStore, opened.subject, place.after);
      } catch (error) {
        if (!isOfRecords(error)) throw error;
        // What follows may lie in Redis, and is handed on from there.
        away ??= error;
      }
      await opened.keepNoted();
      const missed = place.missed || away !== null;
      place = next === null ? { store: place.store + 1, after: null, missed } : { ...place, after: next, missed };
      if (place.store < stores.length && isOver()) return writePlace(place);
    }
    if (away !== null) throw away;
    if (place.missed) throw missedRecords();
    await index.forget(callee);
    return null;
  }

  /** Of the audit log: whom it is about, by hash. @throws {Refusal} before anything is recorded */
  const targetOf = ({ to, country, after }: SubjectRequest) => {
    readPlace(after, stores.length);
    return hashOf(identify(to, country).callee);
  };

  return {
    export(request) {
      const subject = targetOf(request);
      return audit.act({ who: request.who, action: "subject.export", target: `subject ${subject}` }, async () => {
        const kept: Record<string, object[]> = {};
        let items = 0;
        const next = await walk(
          request,
          async (store, one, after) => {
            const part = await store.export(one, after);
            kept[store.name] = [...(kept[store.name] ?? []), ...part.items];
            items += part.items.length;
            return part.next;
          },
          () => items >= mostItems,
        );
        const counts = Object.fromEntries(Object.entries(kept).map(([name, all]) => [name, all.length]));
        return { result: { kept, next }, after: { exported: counts, complete: next === null } };
      });
    },

    erase(request) {
      const subject = targetOf(request);
      return audit.act({ who: request.who, action: "subject.erase", target: `subject ${subject}` }, async () => {
        const erased: Record<string, number> = {};
        const next = await walk(
          request,
          async (store, one, after) => {
            const part = await store.erase(one, after);
            erased[store.name] = (erased[store.name] ?? 0) + part.erased;
            return part.next;
          },
          () => false,
        );
        return { result: { subject, erased, next }, after: { erased, complete: next === null } };
      });
    },
  };
}

const searching = -1;

interface Opened {
  readonly subject: Subject;
  readonly away: unknown;
  keepNoted(): Promise<void>;
}

/** Which store, or the search before the first one, and its own place. */
interface Place {
  readonly store: number;
  readonly after: string | null;
  /** The records did not answer in this request, or one that it goes on from. */
  readonly missed: boolean;
}

const isOfRecords = (error: unknown) => error instanceof Refusal && error.code === "records_unavailable";

function missedRecords(): Refusal {
  const detail = "The records did not answer during an earlier request; begin anew, without `after`.";
  return new Refusal("records_unavailable", detail);
}

function writePlace({ store, after, missed }: Place): string {
  return Buffer.from(JSON.stringify([store, after, missed])).toString("base64url");
}

function readPlace(text: string | null, stores: number): Place {
  if (text === null) return { store: searching, after: null, missed: false };
  const [store, after, missed = false] = parse(text);
  const isKnown = Number.isInteger(store) && Number(store) >= searching && Number(store) < stores;
  if (!isKnown || !(after === null || typeof after === "string") || typeof missed !== "boolean") {
    throw new Refusal("invalid_request", "`after` must be `next` of the answer before; leave it out to begin anew.");
  }
  return { store: Number(store), after, missed };
}

function parse(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function hashOf({ bucket, hash }: CalleeRef): string {
  return bucket + hash;
}
