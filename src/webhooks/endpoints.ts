/** Opens and makes endpoints; which events an endpoint gets. */
import type { Random } from "../shared/random.ts";
import type { Sealing } from "../verification/sealing.ts";
import { newSecret } from "./signature.ts";
import type { Endpoint, EndpointRow } from "./types.ts";

/** 96 bits: cannot be guessed, and unique. */
const idBytes = 12;

export interface Endpoints {
  /** Null where its key is no longer configured. */
  open(row: EndpointRow): Endpoint | null;
  /** A new one with a secret of its own. */
  make(app: string, url: string, events: readonly string[], nowMs: number): Endpoint;
  /** A row with these changes, one revision later. */
  change(row: EndpointRow, changes: EndpointChanges, nowMs: number): EndpointRow;
  /** A row with a new secret; the one before signs until `previousUntilMs`. */
  rotate(
    row: EndpointRow,
    previousUntilMs: number,
    nowMs: number,
  ): { readonly row: EndpointRow; readonly secret: string };
}

export type EndpointChanges = Partial<Pick<EndpointRow, "events" | "enabled" | "disabledReason">> & {
  /** In clear. */
  readonly url?: string;
};

export function createEndpoints(sealing: Sealing, random: Random): Endpoints {
  // The purpose is part of what it is sealed for: a URL cannot take the place of a secret.
  const seal = (id: string, what: string, value: string) => sealing.seal(`webhook ${id} ${what}`, value);
  const unseal = (id: string, what: string, value: string) => sealing.open(`webhook ${id} ${what}`, value);

  function open(row: EndpointRow): Endpoint | null {
    const { id, app } = row;
    const url = unseal(id, "url", row.url);
    const secret = unseal(id, "secret", row.secret);
    if (url === null || secret === null) return null;
    const previousSecret = row.previousSecret === null ? null : unseal(id, "secret", row.previousSecret);
    return { row, id, app, url: new URL(url), secret, previousSecret };
  }

  function next(row: EndpointRow, changes: Partial<EndpointRow>, nowMs: number): EndpointRow {
    return { ...row, ...changes, updatedAtMs: nowMs, revision: row.revision + 1 };
  }

  return {
    open,
    make(app, url, events, nowMs) {
      const id = `wh_${random.bytes(idBytes).toString("base64url")}`;
      const secret = newSecret(random);
      const row: EndpointRow = {
        ...{ id, app, url: seal(id, "url", url), events, enabled: true, disabledReason: null },
        ...{ secret: seal(id, "secret", secret), previousSecret: null, previousUntilMs: null },
        ...{ createdAtMs: nowMs, updatedAtMs: nowMs, revision: 1 },
      };
      return { row, id, app, url: new URL(url), secret, previousSecret: null };
    },
    change(row, { url, ...changes }, nowMs) {
      return next(row, { ...changes, ...(url !== undefined && { url: seal(row.id, "url", url) }) }, nowMs);
    },
    rotate(row, previousUntilMs, nowMs) {
      const secret = newSecret(random);
      const changes = { secret: seal(row.id, "secret", secret), previousSecret: row.secret, previousUntilMs };
      return { row: next(row, changes, nowMs), secret };
    },
  };
}

/** Whether an endpoint with these filters gets events of a type. */
export function matches(filters: readonly string[], type: string): boolean {
  if (filters.length === 0) return true;
  const family = `${type.slice(0, type.indexOf("."))}.*`;
  return filters.includes(type) || filters.includes(family);
}

/** The secrets that sign now, the current one first. */
export function signingSecrets({ secret, previousSecret, row }: Endpoint, nowMs: number): readonly string[] {
  return previousSecret !== null && nowMs < (row.previousUntilMs ?? 0) ? [secret, previousSecret] : [secret];
}
