/** The reload of the gateway's own configuration: how it is compared, checked and recorded (operations/reload.ts). */
import type { Logger } from "pino";
import type { LiveAppDirectory } from "../apps/directory.ts";
import { type AppProfile, profileOf } from "../apps/profile.ts";
import type { Audit } from "../audit/port.ts";
import { useConfiguredMetadata } from "../numbers/metadata-file.ts";
import { setLogLevel } from "../observability/log.ts";
import { auditedReload, type Change, createReload, type Reload } from "../operations/reload.ts";
import type { Clock } from "../shared/clock.ts";
import { Refusal } from "../shared/refusal.ts";
import { crossCheck } from "../typed-yaml/cross-check.ts";
import { type Problem, pathText, problemText } from "../typed-yaml/errors.ts";
import { changesBetween } from "./changes.ts";
import { checks } from "./checks.ts";
import { createFileWatch, type FileWatch } from "./file-watch.ts";
import type { LiveConfig } from "./live-config.ts";
import { mergeCertificates, mergeLive } from "./live-sections.ts";
import type { Config } from "./schema.ts";
import { configWarnings } from "./warnings.ts";

/** A file with more differences is another configuration. */
const mostChanges = 1000;

/** How a file is read again; without one nothing can be reloaded. */
export type LoadConfig = () => Promise<Config>;

export function createConfigReload(options: {
  readonly live: LiveConfig;
  readonly load: LoadConfig | undefined;
  /** Files that the configuration's variables name: certificates in them are taken when they change. */
  readonly watched?: readonly string[] | undefined;
  /** Reads what a configuration names beside itself. @throws {ConfigError} */
  readonly prepare?: (next: Config) => Promise<void>;
  readonly apps: Pick<LiveAppDirectory, "replaceConfigured">;
  /** As of the verification service, which knows the channels. */
  readonly problemsOfWorkflow: (path: string, profile: AppProfile) => readonly string[];
  /** Puts into effect what reads neither apps nor the live configuration itself. */
  readonly applied: (merged: Config) => void;
  readonly audit: Pick<Audit, "act">;
  readonly clock: Pick<Clock, "after">;
  readonly logger: Logger;
}): Reload & {
  /** Without an entry in the audit log: of several processes, the one that was asked has it. */
  readonly unaudited: Reload["reload"];
  /** Reads certificates again when their files change. */
  readonly files: FileWatch;
} {
  const { live, load = noFile, watched = [], apps, audit, clock, logger } = options;
  const steps = {
    async load() {
      const next = await load();
      await options.prepare?.(next);
      return next;
    },
    merge: mergeLive,
    mergeFiles: mergeCertificates,
    changes: (before: Config, after: Config) => changesBetween(before, after).slice(0, mostChanges).map(changeOf),
    problems: (merged: Config) => [
      ...crossCheck(merged, checks, []).map(inWords),
      ...Object.entries(merged.apps).flatMap(([name, app]) =>
        options.problemsOfWorkflow(`apps.${name}.workflow`, profileOf(app)),
      ),
    ],
    // Everything else reads what holds now through `live`.
    apply(merged: Config) {
      // First: it refuses what it cannot take.
      apps.replaceConfigured(merged.apps);
      live.replace(merged);
      setLogLevel(logger, merged.log.level);
      options.applied(merged);
    },
    refresh({ numbers }: Config) {
      const replaced = useConfiguredMetadata(numbers.metadata_file);
      return replaced === null ? [] : [{ key: "numbers.metadata_file", ...replaced }];
    },
    warnings: configWarnings,
  };
  const own = createReload({ running: live.now(), steps, logger });
  const audited = auditedReload(own, audit);
  const files = createFileWatch({
    files: live.now().sip === undefined ? [] : watched,
    // What is wrong with them, or with the configuration's file, is in the log already.
    changed: () => audited.reloadFiles("changed files"),
    clock,
  });
  return { ...audited, unaudited: own.reload, files };
}

async function noFile(): Promise<never> {
  throw new Refusal(
    "not_supported",
    "This gateway was not started from a configuration file: there is none to reload.",
  );
}

function changeOf({ path, before, after }: ReturnType<typeof changesBetween>[number]): Change {
  return { key: pathText(path), before, after };
}

function inWords(problem: Problem): string {
  return `${pathText(problem.path)}: ${problemText(problem)}`;
}
