/**
 * Reloads the configuration of a running gateway: the file is loaded and checked as at the start, what can change while calls
 * go on changes at once, and what cannot is named. A file with problems changes nothing.
 */
import type { Logger } from "pino";
import type { Audit } from "../audit/port.ts";
import { Refusal } from "../shared/refusal.ts";
import { ConfigError } from "../typed-yaml/errors.ts";

/** One key that differs. */
export interface Change {
  /** `apps.shop.ttl_seconds` */
  readonly key: string;
  /** Without secrets; null: it was not there. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface ReloadResult {
  readonly applied: readonly Change[];
  /** They hold after a restart; until then each reload names them again. */
  readonly needsRestart: readonly Change[];
  /** Why what could be live was not applied: it does not fit what needs a restart first. Empty: it was. */
  readonly heldBack: readonly string[];
}

/** How a configuration `C` is read, compared and put into effect; the gateway's own: config/reloading.ts. */
export interface ReloadSteps<C> {
  /** @throws {ConfigError} with every problem, without a secret */
  load(): Promise<C>;
  /** What would hold after a reload: the live keys of `next`, the rest of `running`. */
  merge(running: C, next: C): C;
  /** The same of what lies in files of its own that others renew, such as certificates. */
  mergeFiles(running: C, next: C): C;
  changes(before: C, after: C): readonly Change[];
  /** What does not fit together in a merged configuration. */
  problems(merged: C): readonly string[];
  /** Puts it into effect; must not fail half way. */
  apply(merged: C): void;
  /** Puts data files that the configuration names into effect, changed or not. @returns those whose contents differ */
  refresh?(merged: C): readonly Change[];
  /** Settings that may be a mistake. */
  warnings(config: C): readonly string[];
}

export interface Reload {
  /**
   * One at a time; a request that comes while another one waits shares its result.
   * @param by who asks: `key 3f9a01bc` of an operator, or a program
   * @throws {Refusal} `configuration_invalid`: nothing was changed
   */
  reload(by: string): Promise<ReloadResult>;
  /**
   * Applies what `mergeFiles` takes and nothing else: the configuration's file may be half edited.
   * @throws {Refusal} `configuration_invalid`: nothing was changed
   */
  reloadFiles(by: string): Promise<ReloadResult>;
}

export function createReload<C>(options: {
  readonly running: C;
  readonly steps: ReloadSteps<C>;
  readonly logger: Logger;
}): Reload {
  const { steps, logger } = options;
  let { running } = options;
  let current: Promise<unknown> = Promise.resolve();
  let waiting: Promise<ReloadResult> | null = null;

  async function run(by: string): Promise<ReloadResult> {
    const next = await load(by);
    const merged = steps.merge(running, next);
    const needsRestart = steps.changes(merged, next);
    const changed = steps.changes(running, merged);
    const heldBack = changed.length === 0 ? [] : steps.problems(merged);
    if (heldBack.length > 0) {
      logger.error({ by, heldBack }, "configuration not applied: it does not fit what needs a restart");
      return { applied: [], needsRestart: steps.changes(running, next), heldBack };
    }
    if (changed.length > 0) steps.apply(merged);
    running = merged;
    const applied = [...changed, ...(steps.refresh?.(merged) ?? [])];
    logger.info({ by, applied: keysOf(applied) }, `configuration reloaded: ${count(applied.length, "change")} applied`);
    for (const warning of steps.warnings(merged)) logger.warn(warning);
    if (needsRestart.length > 0) {
      logger.warn(
        { changes: needsRestart },
        `restart the gateway to apply ${count(needsRestart.length, "other change")}`,
      );
    }
    return { applied, needsRestart, heldBack };
  }

  async function runFiles(by: string): Promise<ReloadResult> {
    const merged = steps.mergeFiles(running, await load(by));
    const applied = steps.changes(running, merged);
    if (applied.length === 0) return { applied, needsRestart: [], heldBack: [] };
    steps.apply(merged);
    running = merged;
    logger.info({ by, applied: keysOf(applied) }, `files read again: ${count(applied.length, "change")} applied`);
    return { applied, needsRestart: [], heldBack: [] };
  }

  async function load(by: string): Promise<C> {
    try {
      return await steps.load();
    } catch (err) {
      if (!(err instanceof ConfigError)) throw err;
      logger.error({ by, problems: err.message }, "configuration not reloaded: nothing was changed");
      throw new Refusal("configuration_invalid", `Nothing was changed. ${err.message}`);
    }
  }

  return {
    reload(by) {
      if (waiting !== null) return waiting;
      const mine = current.then(() => {
        waiting = null;
        return run(by);
      });
      waiting = mine;
      current = mine.catch(() => undefined);
      return mine;
    },
    reloadFiles(by) {
      const mine = current.then(() => runFiles(by));
      current = mine.catch(() => undefined);
      return mine;
    },
  };
}

/** The same, with an entry of each in the audit log. */
export function auditedReload({ reload, reloadFiles }: Reload, audit: Pick<Audit, "act">): Reload {
  const audited = (act: Reload["reload"]) => (who: string) =>
    audit.act({ who, action: "configuration.reload", target: "configuration" }, async () => {
      const result = await act(who);
      const { applied, needsRestart, heldBack } = result;
      const after = { applied: keysOf(applied), needs_restart: keysOf(needsRestart), held_back: [...heldBack] };
      return { result, after };
    });
  return { reload: audited(reload), reloadFiles: audited(reloadFiles) };
}

const mostNamed = 100;
const keysOf = (changes: readonly Change[]) => changes.slice(0, mostNamed).map(({ key }) => key);
const count = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;
