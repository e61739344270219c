/** The endpoints as this gateway knows them: read from the mirror, again where that has changed. */
import type { Logger } from "pino";
import { type Endpoints, matches } from "./endpoints.ts";
import type { EndpointMirror } from "./mirror-port.ts";
import type { Endpoint } from "./types.ts";

export interface Directory {
  /** Reads the mirror where its version is another one. @param version where it is known already */
  refresh(version?: string): Promise<void>;
  find(id: string): Endpoint | null;
  /** Whether it exists, though it may not be readable here. */
  has(id: string): boolean;
  ofApp(app: string): readonly Endpoint[];
  /** The enabled endpoints of an app that get events of a type. */
  receiversOf(app: string, type: string): readonly Endpoint[];
  all(): Iterable<Endpoint>;
  /** Of all endpoints, those included that are not readable here. */
  ids(): Iterable<string>;
}

export function createDirectory(
  mirror: Pick<EndpointMirror, "read">,
  endpoints: Pick<Endpoints, "open">,
  logger: Logger,
  /** The mirror is gone: what is known holds until it is back. */
  onLost: () => void = () => {},
): Directory {
  let version = "";
  let lost = false;
  let ids: ReadonlySet<string> = new Set();
  let byId: ReadonlyMap<string, Endpoint> = new Map();
  let byApp: ReadonlyMap<string, readonly Endpoint[]> = new Map();
  let reading: Promise<void> | null = null;
  let following: Promise<void> | null = null;

  async function read(): Promise<void> {
    const found = await mirror.read(version);
    if (found === null) return;
    // Each change sets it, that which removes the last endpoint too.
    const isLost = found.version === "" && version !== "";
    if (isLost && !lost) onLost();
    lost = isLost;
    if (isLost) return;
    const opened = found.rows.flatMap((row) => {
      // What did not change stays as it is: opening costs more than the rest.
      const known = byId.get(row.id);
      if (known?.row.revision === row.revision) return [known];
      const endpoint = endpoints.open(row);
      if (endpoint === null) {
        logger.error({ webhook: row.id, app: row.app }, "a webhook endpoint's sealing key is not configured any more");
        return [];
      }
      return [endpoint];
    });
    ids = new Set(found.rows.map(({ id }) => id));
    byId = new Map(opened.map((endpoint) => [endpoint.id, endpoint]));
    const grouped = new Map<string, Endpoint[]>();
    for (const endpoint of opened) {
      const group = grouped.get(endpoint.app);
      if (group === undefined) grouped.set(endpoint.app, [endpoint]);
      else group.push(endpoint);
    }
    for (const group of grouped.values()) group.sort((a, b) => a.row.createdAtMs - b.row.createdAtMs);
    byApp = grouped;
    version = found.version;
  }

  function begin(): Promise<void> {
    following = null;
    reading = read().finally(() => {
      reading = null;
    });
    return reading;
  }

  return {
    async refresh(current) {
      if (current !== undefined && current === version) return;
      if (reading === null) return begin();
      // One that is running may have read before the change that this caller knows of: all who come meanwhile share the next.
      following ??= reading.then(begin, begin);
      await following;
    },
    find: (id) => byId.get(id) ?? null,
    has: (id) => ids.has(id),
    ofApp: (app) => byApp.get(app) ?? [],
    receiversOf: (app, type) => (byApp.get(app) ?? []).filter(({ row }) => row.enabled && matches(row.events, type)),
    all: () => byId.values(),
    ids: () => ids,
  };
}
