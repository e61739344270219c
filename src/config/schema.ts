/**
 * The one description of `onering.yaml`: validation, types, defaults and docs/configuration.md all come from here, a file
 * a section in schema/.
 *
 * Every figure carries its unit in its name, a default, and in its description why the default is what it is.
 */
import { type Static, Type } from "typebox";
import { Admin } from "./schema/admin.ts";
import { App } from "./schema/apps.ts";
import { Asterisk } from "./schema/asterisks.ts";
import { CallIn } from "./schema/call-in.ts";
import { CallerIdCare } from "./schema/caller-id-care.ts";
import { Canary } from "./schema/canary.ts";
import { Http } from "./schema/http.ts";
import { Numbers } from "./schema/numbers.ts";
import { named, section } from "./schema/parts.ts";
import { Log, Secrets } from "./schema/process.ts";
import { Range } from "./schema/ranges.ts";
import { Redis } from "./schema/redis.ts";
import { Route, Routing } from "./schema/routes.ts";
import { SipTap } from "./schema/sip-tap.ts";
import { Trunk } from "./schema/trunks.ts";
import { Calls, Verification } from "./schema/verification.ts";

export const ConfigSchema = section("OneRing's configuration.", {
  http: Http,
  redis: Redis,
  secrets: Secrets,
  asterisks: named("The Asterisks that place the calls.", Asterisk),
  sip_tap: Type.Optional(SipTap),
  trunks: named("The trunks.", Trunk),
  ranges: named("The caller IDs.", Range),
  routes: Type.Array(Route, { minItems: 1, description: "Which trunk carries what." }),
  routing: Routing,
  apps: named("Who may use the API.", App),
  admin: Admin,
  numbers: Numbers,
  verification: Verification,
  calls: Calls,
  call_in: CallIn,
  caller_id_care: CallerIdCare,
  canary: Canary,
  log: Log,
});

/** A whole, valid configuration, every default filled in. */
export type Config = Static<typeof ConfigSchema>;
export type AsteriskConfig = Config["asterisks"][string];
export type TrunkConfig = Config["trunks"][string];
export type RangeConfig = Config["ranges"][string];
export type RouteConfig = Config["routes"][number];
export type BreakerConfig = Config["routing"]["breaker"];
