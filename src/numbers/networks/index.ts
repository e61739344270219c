/** The networks of callees as the composition root takes them: names by range, the operator's file, live sources. */
import type { Logger } from "pino";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { within } from "../../shared/within.ts";
import { ConfigError } from "../../typed-yaml/errors.ts";
import { type CarrierNames, createCarrierNames } from "./carrier-names.ts";
import type { NetworksConfig } from "./config.ts";
import { type FileRanges, loadRanges, RangesFileError } from "./file-source.ts";
import { createLiveLookups } from "./live.ts";
import type { LiveSource, NetworkObserver, NetworkStore } from "./live-port.ts";
import { createNetworkTable } from "./match.ts";
import type { Networks } from "./ports.ts";
import { liveSources } from "./sources.ts";
import type { Network } from "./types.ts";

export interface NetworksModule extends Networks {
  /** Reads the operator's file. @throws {ConfigError} where it has faults */
  start(): Promise<void>;
  /** Reads the file of a configuration that is to be loaded. @throws {ConfigError} where it has faults: nothing was changed */
  prepare(next: NetworksConfig): Promise<void>;
  /** From now on this configuration holds, with the file that was prepared. */
  configure(next: NetworksConfig): void;
  /** Erases what is kept of a number. @returns whether anything was */
  forget(e164: string): Promise<boolean>;
  /** Rows of the file (null: there is none), and the live sources in their order. */
  status(): {
    readonly rows: number | null;
    readonly sources: readonly { readonly name: string; readonly up: boolean; readonly detail: string }[];
  };
  stop(): void;
}

export interface NetworksParts {
  readonly config: NetworksConfig;
  readonly store: NetworkStore;
  /** Keyed, of a number. */
  readonly hash: (e164: string) => string;
  readonly observer: NetworkObserver;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Pick<Logger, "info">;
  /** In tests. */
  readonly carriers?: CarrierNames;
  readonly sources?: (config: NetworksConfig) => readonly LiveSource[];
}

export function createNetworks(parts: NetworksParts): NetworksModule {
  const { store, hash, observer, clock, random, logger } = parts;
  const { carriers = createCarrierNames(), sources = (config) => liveSources(config, clock, random) } = parts;
  let config = parts.config;
  let live = sources(config);
  let names = createNetworkTable(Object.entries(config.names));
  let file: FileRanges | null = null;
  /** Of a configuration that is loaded next; undefined: it has not been read. */
  let prepared: FileRanges | null | undefined;
  const lookups = createLiveLookups({ config: () => config, store, hash, observer, clock });

  const original = (e164: string): Network | null => {
    const name = carriers.of(e164);
    return name === null ? null : { name, mccMnc: null, source: "original", ported: null };
  };

  /** A code has its configured name; a number that was not ported still belongs to the operator of its range. */
  function named(network: Network, e164: string): Network {
    if (network.name !== null) return network;
    const name = names.of(network) ?? (network.ported === false ? carriers.of(e164) : null);
    return name === null ? network : { ...network, name };
  }

  const ofFile = (e164: string) => (config.order.includes("file") ? (file?.of(e164) ?? null) : null);

  /** Of the cached answer and the file, what comes first in the order. */
  function ofSources(e164: string): Network | null {
    const answer = live.length === 0 ? null : (lookups.cached(e164) ?? null);
    const own = ofFile(e164);
    // An answer of a source that was removed counts no more.
    if (answer === null || !live.some(({ name }) => name === answer.source)) return own;
    return own !== null && config.order.indexOf("file") < (config.order as readonly string[]).indexOf(answer.source)
      ? own
      : answer;
  }

  function known(e164: string): Network | null {
    const found = ofSources(e164);
    return found === null ? original(e164) : named(found, e164);
  }

  /** Those that come before the file, where that knows the number. */
  function sourcesFor(e164: string): readonly LiveSource[] {
    if (live.length === 0 || ofFile(e164) === null) return live;
    const before = config.order.slice(0, config.order.indexOf("file"));
    return live.filter(({ name }) => before.includes(name));
  }

  async function read(next: NetworksConfig): Promise<FileRanges | null> {
    if (next.file === undefined) return null;
    const { path, max_rows: maxRows } = next.file;
    try {
      const ranges = await loadRanges(path, maxRows);
      logger.info({ rows: ranges.rows }, "networks: the file of ranges is loaded");
      return ranges;
    } catch (error) {
      if (!(error instanceof RangesFileError)) throw error;
      const expected = `a file of ranges without faults (${error.problems.join("; ")})`;
      throw new ConfigError("networks", [
        { path: ["networks", "file", "path"], given: JSON.stringify(path), expected },
      ]);
    }
  }

  return {
    get startWaitMs() {
      return live.length === 0 ? null : config.wait_ms;
    },
    known,
    async find(e164, budgetMs, purpose = "delivery") {
      const asked = sourcesFor(e164);
      // It fills the cache also where this caller does not wait.
      const lookup = asked.length > 0 ? lookups.lookUp(e164, asked, purpose) : null;
      if (lookup !== null && budgetMs > 0) await within(lookup, budgetMs, undefined, clock);
      return known(e164);
    },
    async start() {
      file = await read(config);
    },
    async prepare(next) {
      const ranges = await read(next);
      // Its content may be new though the configuration is not: then nothing else would put it into effect.
      if (next.file?.path === config.file?.path) file = ranges;
      prepared = ranges;
    },
    configure(next) {
      if (prepared !== undefined) file = prepared;
      prepared = undefined;
      const isSame = JSON.stringify(next) === JSON.stringify(config);
      config = next;
      if (isSame) return;
      for (const source of live) source.close();
      live = sources(next);
      names = createNetworkTable(Object.entries(next.names));
    },
    forget: lookups.forget,
    status: () => ({
      rows: file?.rows ?? null,
      sources: live.map((source) => ({ name: source.name, ...source.health() })),
    }),
    stop() {
      for (const source of live) source.close();
    },
  };
}
