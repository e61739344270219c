/** Apps and keys that are kept, as the composition root takes them. */
import type { Logger } from "pino";
import type { AuditWriter } from "../audit/writer.ts";
import type { Clock } from "../shared/clock.ts";
import { createMirrorLoop } from "../shared/mirror-loop.ts";
import type { Random } from "../shared/random.ts";
import { auditedApps } from "./audited.ts";
import type { LiveAppDirectory } from "./directory.ts";
import type { AppMirror } from "./mirror-port.ts";
import { type AppsService, type AppsServiceParts, createAppsService } from "./service.ts";
import type { AppStore } from "./store-port.ts";
import { compareApps } from "./sync.ts";
import { createAppWatch } from "./watch.ts";

export interface KeptApps {
  /** For one operator or program, by whose name its acts are in the audit log. */
  service(who: string): AppsService;
  /** Reads all apps from the mirror. Never rejects: what cannot be read now is read once Redis answers. */
  load(): Promise<void>;
  /** For commands: the mirror is made equal to records, and read. @throws {Refusal} */
  fill(): Promise<void>;
  /** Redis was connected to again: it may lack what was written last. */
  reconnected(): void;
  start(): void;
  stop(): void;
}

export function createKeptApps(
  parts: Pick<AppsServiceParts, "problemsOf" | "removeRest" | "keptDays"> & {
    readonly directory: LiveAppDirectory;
    readonly store: AppStore;
    readonly mirror: AppMirror;
    /** False: nothing is recorded, so apps cannot be added; those in the mirror hold. */
    readonly isRecording: boolean;
    readonly audit: AuditWriter;
    readonly clock: Clock;
    readonly random: Random;
    readonly logger: Logger;
  },
): KeptApps {
  const { directory, store, mirror, isRecording, audit, clock, logger } = parts;
  const compare = () => compareApps(mirror, store);
  const sync = createMirrorLoop({ what: "apps", compare, clock, logger });
  const watch = createAppWatch({ mirror, directory, clock, onReplaced: sync.hurry });
  const service = createAppsService({ ...parts, refresh: watch.refresh, onUnmirrored: sync.hurry });
  return {
    service: (who) => auditedApps(service, audit, who),
    load: () => watch.refresh().catch(() => undefined),
    reconnected: sync.hurry,
    async fill() {
      await compare();
      await watch.refresh();
    },
    start() {
      watch.start();
      if (isRecording) sync.start();
    },
    stop() {
      watch.stop();
      sync.stop();
    },
  };
}
