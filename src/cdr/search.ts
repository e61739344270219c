/**
 * Finds verifications for support: open ones by their recipient in Redis, where they live; those that have ended in the durable
 * records.
 */
import type { AppRef } from "../apps/principal.ts";
import type { Numbers } from "../numbers/ports.ts";
import { Refusal } from "../shared/refusal.ts";
import type { OpenChannel } from "../verification/channel-set.ts";
import type { Hashes } from "../verification/hashes.ts";
import { isTerminal, type Status } from "../verification/machine.ts";
import type { VerificationStore } from "../verification/store-port.ts";
import { newestOf, type Verification, type Verifications } from "../verification/types.ts";
import type { Place } from "./cursor.ts";
import type { Cdr } from "./rows.ts";
import type { CdrStore, Page } from "./store-port.ts";

export interface VerificationSearch {
  /** Canonical, by `recipient`. */
  readonly to?: string;
  readonly reference?: string;
  readonly status?: Status;
  /** Of the newest delivery. */
  readonly channel?: string;
  /** When it was started. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** A verification without its secrets, the same whether it is open or has ended. */
export interface FoundVerification {
  readonly id: string;
  readonly app: string;
  readonly status: Status;
  /** The newest delivery's, as `channel`. */
  readonly reason: string | null;
  /** Null: erased, as in the deliveries. */
  readonly to: string | null;
  readonly country: string | null;
  readonly channel: string;
  readonly reference: string | null;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  readonly deliveries: readonly {
    readonly number: number;
    readonly channel: string;
    readonly to: string | null;
    readonly state: string;
    readonly reason: string | null;
    /** Whether it proved the recipient. */
    readonly verified: boolean;
    readonly startedAtMs: number;
    readonly endedAtMs: number | null;
  }[];
}

export interface VerificationFinder {
  /** The canonical form of a number, an address or a registration. @throws {Refusal} where it is none */
  recipient(to: string, country: string | null): string;
  /**
   * @param app null: of all apps, for operators
   * @param after null: the first page, the only one with open verifications
   * @throws {Refusal}
   */
  find(
    app: string | null,
    search: VerificationSearch,
    after: Place | null,
    limit: number,
  ): Promise<Page<FoundVerification>>;
}

export interface FinderParts {
  readonly store: Pick<CdrStore, "ended">;
  readonly live: Pick<VerificationStore, "findOpen">;
  readonly verifications: Pick<Verifications, "get">;
  readonly hashes: Pick<Hashes, "callee">;
  readonly numbers: Numbers;
  readonly channels: readonly Pick<OpenChannel, "readRecipient">[];
  /** Names of all apps that may have open verifications. */
  readonly apps: () => readonly string[];
}

export function createVerificationFinder(parts: FinderParts): VerificationFinder {
  const { store, live, verifications, hashes, numbers, channels, apps } = parts;

  async function open(
    app: string | null,
    { to, ...search }: VerificationSearch,
  ): Promise<readonly FoundVerification[]> {
    if (to === undefined || (search.status !== undefined && isTerminal(search.status))) return [];
    const callee = hashes.callee(to);
    const found = await Promise.all(
      (app === null ? apps() : [app]).map(async (name) => {
        const ids = await live.findOpen(name, callee);
        return Promise.all(ids.map(({ id }) => look({ name, allowedCountries: null }, id)));
      }),
    );
    return found
      .flat()
      .flatMap((one) => one ?? [])
      .filter((one) => matches(one, search));
  }

  /** Null: it is gone since. */
  async function look(app: AppRef, id: string): Promise<FoundVerification | null> {
    try {
      return ofOpen(await verifications.get(app, id));
    } catch (error) {
      if (error instanceof Refusal && error.code === "verification_not_found") return null;
      throw error;
    }
  }

  return {
    recipient(text, country) {
      if (!/^\s*[+(\d\p{Nd}]/u.test(text)) {
        for (const { readRecipient } of channels) {
          const read = readRecipient?.(text);
          if (read !== undefined && "to" in read) return read.to;
        }
      }
      const { e164, refusal } = numbers.examine(text, country, null);
      if (e164 !== null) return e164;
      throw new Refusal(refusal?.code ?? "number_invalid", refusal?.detail ?? "`to` is not a valid number.");
    },

    async find(app, search, after, limit) {
      const { status, to, reference } = search;
      if (status !== undefined && !isTerminal(status) && to === undefined) {
        throw new Refusal(
          "invalid_request",
          `Open verifications are found by \`to\`; give it with \`status\` ${status}.`,
        );
      }
      if (app === null && to === undefined && reference === undefined) {
        throw new Refusal("invalid_request", "Give `to`, `reference` or `app`.");
      }
      const stillOpen = after === null ? await open(app, search) : [];
      if (status !== undefined && !isTerminal(status)) return { rows: stillOpen, next: null };
      const ended = await store.ended({ ...search, ...(app !== null && { app }) }, after, limit);
      const found = ended.rows.map(ofEnded);
      const known = new Set(found.map(({ id }) => id));
      // One may have ended between the two questions.
      const rows = [...stillOpen.filter(({ id }) => !known.has(id)), ...found];
      return { rows: rows.sort((a, b) => b.createdAtMs - a.createdAtMs), next: ended.next };
    },
  };
}

function matches(one: FoundVerification, { reference, status, channel, fromMs, toMs }: VerificationSearch): boolean {
  return (
    (reference === undefined || one.reference === reference) &&
    (status === undefined || one.status === status) &&
    (channel === undefined || one.channel === channel) &&
    (fromMs === undefined || one.createdAtMs >= fromMs) &&
    (toMs === undefined || one.createdAtMs < toMs)
  );
}

function ofOpen(verification: Verification): FoundVerification {
  const { id, app, status, to, country, reference, createdAtMs, endedAtMs, proofDelivery } = verification;
  const { channel, reason } = newestOf(verification);
  return {
    ...{ id, app, status, reason, to, country, channel, reference, createdAtMs, endedAtMs },
    deliveries: verification.deliveries.map(({ number, channel, to, state, reason, startedAtMs, endedAtMs }) => {
      return { number, channel, to, state, reason, verified: number === proofDelivery, startedAtMs, endedAtMs };
    }),
  };
}

/** @param cdrs those of its deliveries, in order */
function ofEnded(cdrs: readonly Cdr[]): FoundVerification {
  const newest = cdrs.at(-1);
  if (newest === undefined) throw new Error("a verification without deliveries");
  const { verification: id, app, status, reason, channel, reference } = newest;
  return {
    ...{ id, app, status, reason, to: newest.verificationTo, channel, reference },
    country: cdrs.find(({ to }) => to === newest.verificationTo)?.country ?? newest.country,
    createdAtMs: newest.verificationStartedAtMs,
    endedAtMs: newest.verificationEndedAtMs,
    deliveries: cdrs.map(({ number, channel, to, state, reason, verified, startedAtMs, endedAtMs }) => {
      return { number, channel, to, state, reason, verified, startedAtMs, endedAtMs };
    }),
  };
}
