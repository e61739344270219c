import { createAppDirectory } from "../../src/apps/directory.ts";
import { standardProfile } from "../../src/apps/profile.ts";
import type { Config } from "../../src/config/schema.ts";
import { systemClock } from "../../src/shared/clock.ts";

/** A gateway's apps, as far as limits need them; none has limits of its own. */
export const appsOf = (size: number) => ({ size, profileOf: () => standardProfile });

/** The apps of a configuration. */
export const configuredApps = (configured: Config["apps"]) => createAppDirectory({ configured, clock: systemClock });
