/** All migrations, oldest first. A feature adds its own at the end: its number is the next one. */
import { events } from "./0001-events.ts";
import { cdrs } from "./0002-cdrs.ts";
import { webhooks } from "./0003-webhooks.ts";
import { audit } from "./0004-audit.ts";
import { apps } from "./0005-apps.ts";
import { guard } from "./0006-guard.ts";
import { optOuts } from "./0007-opt-outs.ts";
import type { RecordsMigration } from "./migration.ts";

export const migrations: readonly RecordsMigration[] = [events, cdrs, webhooks, audit, apps, guard, optOuts];
