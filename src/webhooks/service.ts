/** What apps do with their endpoints. Another app's endpoint does not exist for them: each method finds by app and id. */
import type { Clock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import { Refusal } from "../shared/refusal.ts";
import { type ChangeEndpoint, stored } from "./changes.ts";
import type { DeadLetters } from "./dead-letters.ts";
import { readTry, writeTry } from "./deliveries.ts";
import type { Directory } from "./directory.ts";
import type { EndpointChanges, Endpoints } from "./endpoints.ts";
import type { EndpointMirror } from "./mirror-port.ts";
import type { WebhookQueue } from "./queue-port.ts";
import type { Sender, Sent } from "./sender.ts";
import type { WebhookStore } from "./store-port.ts";
import type { DeadLetter, Endpoint, EndpointRow, Try } from "./types.ts";

export interface Page<T> {
  readonly items: readonly T[];
  /** Where the next page begins; null: this is the last one. */
  readonly next: string | null;
}

export interface Webhooks {
  list(app: string): Promise<readonly Endpoint[]>;
  find(app: string, id: string): Promise<Endpoint | null>;
  /** @throws {Refusal} `rate_limited` never; `invalid_request` where the app has as many as it may; `store_unavailable` */
  create(app: string, url: string, events: readonly string[]): Promise<Endpoint>;
  /** What was queued becomes dead letters where it is disabled. Null: there is none. */
  change(app: string, id: string, changes: EndpointChanges): Promise<Endpoint | null>;
  /** The endpoint, its queue and its dead letters. @returns whether there was one */
  remove(app: string, id: string): Promise<boolean>;
  /** The endpoint with its new secret. Null: there is none. */
  rotate(app: string, id: string): Promise<Endpoint | null>;
  /** Sends `webhook.test` now, whether it is enabled or not. Null: there is none. */
  test(app: string, id: string): Promise<Sent | null>;
  /** The newest tries first. Null: there is none. */
  tries(app: string, id: string, before: string | null, limit: number): Promise<Page<Try> | null>;
  /** In the order in which they were queued. Null: there is none. */
  deadLetters(app: string, id: string, after: string | null, limit: number): Promise<Page<DeadLetter> | null>;
  /** Queues dead letters again: of these events, or that ended since then. Null: there is none. */
  replay(
    app: string,
    id: string,
    which: ReplayOf,
  ): Promise<{ readonly replayed: number; readonly more: boolean } | null>;
}

export type ReplayOf = { readonly eventIds: readonly string[] } | { readonly sinceMs: number };

/** Of one request; `more` says that there are others. */
const replayedAtOnce = 1000;
/** Of one URL, over all apps' test deliveries of this gateway. */
const testsAtOnce = 10;

export function createWebhookService(parts: {
  readonly endpoints: Endpoints;
  readonly directory: Directory;
  readonly store: WebhookStore;
  readonly mirror: EndpointMirror;
  readonly changes: ChangeEndpoint;
  readonly queue: WebhookQueue;
  readonly sender: Sender;
  readonly deadLetters: DeadLetters;
  readonly wake: (endpoint: string) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly endpointsPerApp: number;
  readonly overlapMs: number;
}): Webhooks {
  const { endpoints, directory, store, mirror, changes, queue, sender, deadLetters, wake, clock, random } = parts;
  let testing = 0;

  async function find(app: string, id: string): Promise<Endpoint | null> {
    await directory.refresh();
    const endpoint = directory.find(id);
    return endpoint?.app === app ? endpoint : null;
  }

  /** As it is in the mirror, where it is not changed once more already. */
  async function read(row: EndpointRow): Promise<Endpoint> {
    await directory.refresh();
    const endpoint = directory.find(row.id) ?? endpoints.open(row);
    if (endpoint === null) throw new Error("an endpoint that was just sealed cannot be opened");
    return endpoint;
  }

  async function changed(app: string, id: string, make: (row: EndpointRow) => EndpointRow): Promise<Endpoint | null> {
    const before = await find(app, id);
    const row = before === null ? null : await changes(before.row, make);
    return row === null ? null : await read(row);
  }

  async function removeRow(id: string): Promise<void> {
    await stored(store.removeEndpoint(id));
    await mirror.remove(id);
    await directory.refresh();
    await queue.remove(id);
  }

  const tooManyEndpoints = () =>
    new Refusal(
      "invalid_request",
      `This app has ${parts.endpointsPerApp} webhook endpoints, as many as it may have (webhooks.endpoints_per_app); delete one first.`,
    );

  return {
    find,
    async list(app) {
      await directory.refresh();
      return directory.ofApp(app);
    },

    async create(app, url, events) {
      await directory.refresh();
      if (directory.ofApp(app).length >= parts.endpointsPerApp) throw tooManyEndpoints();
      const { row } = endpoints.make(app, url, events, clock.nowMs());
      // Records first: what only the mirror has would be taken for deleted.
      await stored(store.putEndpoint(row));
      await mirror.put(row);
      const endpoint = await read(row);
      // Others were created at the same moment, perhaps by other gateways: of those that see too many none stays.
      if (directory.ofApp(app).length > parts.endpointsPerApp) {
        await removeRow(row.id);
        throw tooManyEndpoints();
      }
      return endpoint;
    },

    async change(app, id, given) {
      const { enabled } = given;
      const reason = enabled === undefined ? {} : { disabledReason: enabled ? null : ("app" as const) };
      const make = (row: EndpointRow) => endpoints.change(row, { ...given, ...reason }, clock.nowMs());
      const endpoint = await changed(app, id, make);
      if (endpoint === null) return null;
      if (!endpoint.row.enabled) await queue.bury(id, "disabled");
      wake(id);
      return endpoint;
    },

    async remove(app, id) {
      if ((await find(app, id)) === null) return false;
      await removeRow(id);
      return true;
    },

    async rotate(app, id) {
      const nowMs = clock.nowMs();
      return await changed(app, id, (row) => endpoints.rotate(row, nowMs + parts.overlapMs, nowMs).row);
    },

    async test(app, id) {
      const endpoint = await find(app, id);
      if (endpoint === null) return null;
      if (testing >= testsAtOnce) throw new Refusal("capacity", "Too many test deliveries are in progress.", 1000);
      testing++;
      try {
        const eventId = `evt_test_${random.bytes(12).toString("base64url")}`;
        const at = new Date(clock.nowMs()).toISOString();
        const event = { id: eventId, type: "webhook.test", at, seq: null, app, data: { webhook: id } };
        const sent = await sender.send(endpoint, eventId, JSON.stringify(event));
        await queue.log(id, writeTry({ eventId, type: event.type, attempt: 1, ...sent }));
        return sent;
      } finally {
        testing--;
      }
    },

    async tries(app, id, before, limit) {
      if ((await find(app, id)) === null) return null;
      const found = await queue.tries(id, before, limit + 1);
      const items = found.slice(0, limit);
      return { items: items.map(({ entry }) => readTry(entry)), next: nextOf(found.length > limit, items.at(-1)?.id) };
    },

    async deadLetters(app, id, after, limit) {
      const endpoint = await find(app, id);
      if (endpoint === null) return null;
      await deadLetters.move(endpoint);
      const { letters, next } = await stored(store.deadLetters(id, { after, limit }));
      return { items: letters, next };
    },

    async replay(app, id, which) {
      const endpoint = await find(app, id);
      if (endpoint === null) return null;
      if (!endpoint.row.enabled) throw new Refusal("invalid_request", "The endpoint is disabled; enable it first.");
      await deadLetters.move(endpoint);
      const { letters, next } =
        "eventIds" in which
          ? { letters: await stored(store.deadLettersOf(id, which.eventIds)), next: null }
          : await stored(store.deadLetters(id, { sinceMs: which.sinceMs, limit: replayedAtOnce }));
      if (letters.length > 0) await stored(deadLetters.replay(endpoint, letters));
      wake(id);
      return { replayed: letters.length, more: next !== null };
    },
  };
}

function nextOf(more: boolean, last: string | undefined): string | null {
  return more ? (last ?? null) : null;
}
