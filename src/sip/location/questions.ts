/** Asks name servers, with bounds: on the time of a question, and on how many are open and waiting. */
import { promises as dns, type LookupAddress, type NaptrRecord, type RecordWithTtl, type SrvRecord } from "node:dns";
import type { Clock } from "../../shared/clock.ts";
import { isAbsent } from "../../shared/name-server.ts";
import { within } from "../../shared/within.ts";

export type Family = 4 | 6;

/** `absent`: there is no such record. `failed`: it is not known whether there is. */
export type Answer<T> =
  | { readonly kind: "answered"; readonly records: readonly T[]; readonly ttlMs: number }
  | { readonly kind: "absent" }
  | { readonly kind: "failed"; readonly code: string };

export interface Questions {
  naptr(name: string): Promise<Answer<NaptrRecord>>;
  srv(name: string): Promise<Answer<SrvRecord>>;
  /** Of the wanted families, in their order. */
  addresses(name: string): Promise<Answer<string>>;
  readonly counts: { asked: number; failed: number; dropped: number };
  stop(): void;
}

/** What of `dns.promises.Resolver` is asked. */
export interface NameServers {
  resolveNaptr(name: string): Promise<NaptrRecord[]>;
  resolveSrv(name: string): Promise<SrvRecord[]>;
  resolve4(name: string, options: { ttl: true }): Promise<RecordWithTtl[]>;
  resolve6(name: string, options: { ttl: true }): Promise<RecordWithTtl[]>;
  cancel(): void;
}

export interface QuestionLimits {
  /** Of one question, all servers and tries together. */
  readonly deadlineMs: number;
  readonly maxOpen: number;
  readonly maxWaiting: number;
  /** How long NAPTR and SRV records count, whose TTL c-ares does not say, and addresses of the machine's own lists. */
  readonly recordMs: number;
}

export function createQuestions(parts: {
  readonly nameServers: NameServers;
  readonly families: readonly Family[];
  readonly limits: QuestionLimits;
  readonly clock: Pick<Clock, "after">;
  /** The system's own way: hosts file, search domains. In tests another. */
  readonly lookup?: (name: string) => Promise<readonly LookupAddress[]>;
}): Questions {
  const { nameServers, families, limits, clock } = parts;
  const lookup = parts.lookup ?? ((name: string) => dns.lookup(name, { all: true }));
  const counts = { asked: 0, failed: 0, dropped: 0 };
  const waiting: (() => void)[] = [];
  let open = 0;

  /** @returns false where too many wait already */
  async function enter(): Promise<boolean> {
    if (open < limits.maxOpen) {
      open++;
      return true;
    }
    if (waiting.length >= limits.maxWaiting) return false;
    // Whoever leaves hands its place on, so `open` stays as it is.
    await new Promise<void>((enterNow) => waiting.push(enterNow));
    return true;
  }

  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) open--;
    else next();
  }

  async function ask<T>(question: () => Promise<Answer<T>>): Promise<Answer<T>> {
    if (!(await enter())) {
      counts.dropped++;
      return { kind: "failed", code: "EBUSY" };
    }
    counts.asked++;
    // A question that c-ares does not end in time keeps its place until it does: it ends by its own timeouts.
    const asked = question()
      .catch(failureOf<T>)
      .finally(leave);
    const answer = await within(asked, limits.deadlineMs, { kind: "failed", code: "ETIMEOUT" } as const, clock);
    if (answer.kind === "failed") counts.failed++;
    return answer;
  }

  function recordsOf<T>(question: () => Promise<T[]>): Promise<Answer<T>> {
    return ask(async () => answerOf(await question(), limits.recordMs));
  }

  const addressesOf = (name: string, family: Family) =>
    ask<string>(async () => {
      const found = await (family === 4 ? nameServers.resolve4 : nameServers.resolve6).call(nameServers, name, {
        ttl: true,
      });
      const seconds = Math.min(...found.map(({ ttl }) => ttl));
      return answerOf(
        found.map(({ address }) => address),
        seconds * 1000,
      );
    });

  const lookedUp = (name: string) =>
    ask<string>(async () => {
      const found = await lookup(name);
      const sorted = families.flatMap((family) => found.filter((one) => one.family === family));
      return answerOf(
        sorted.map(({ address }) => address),
        limits.recordMs,
      );
    });

  async function addresses(name: string): Promise<Answer<string>> {
    // A name without a dot is the machine's own: of its hosts file, or below its search domains.
    if (!name.includes(".")) return lookedUp(name);
    const answers = await Promise.all(families.map((family) => addressesOf(name, family)));
    const answered = answers.filter((answer) => answer.kind === "answered");
    if (answered.length > 0) {
      const ttlMs = Math.min(...answered.map((answer) => answer.ttlMs));
      return { kind: "answered", records: answered.flatMap(({ records }) => records), ttlMs };
    }
    return answers.find(({ kind }) => kind === "failed") ?? lookedUp(name);
  }

  return {
    naptr: (name) => recordsOf(() => nameServers.resolveNaptr(name)),
    srv: (name) => recordsOf(() => nameServers.resolveSrv(name)),
    addresses,
    counts,
    stop: () => nameServers.cancel(),
  };
}

function answerOf<T>(records: readonly T[], ttlMs: number): Answer<T> {
  return records.length === 0 ? { kind: "absent" } : { kind: "answered", records, ttlMs };
}

/** Name servers that do not know the question at all say so with NOTIMP or FORMERR: there is nothing to find then. */
function failureOf<T>(error: unknown): Answer<T> {
  const code = (error as NodeJS.ErrnoException).code ?? "unknown";
  return isAbsent(code) || code === "ENOTIMP" || code === "EFORMERR" ? { kind: "absent" } : { kind: "failed", code };
}
