/**
 * The schema of `onering.yaml`, assembled from the sections that the features own: validation, types, defaults and
 * docs/configuration.md all come from it.
 *
 * Every figure carries its unit in its name, a default, and in its description the reason for the default.
 */
import { type Static, Type } from "typebox";
import { App } from "../apps/config.ts";
import { Limits } from "../apps/limits-config.ts";
import { Range } from "../caller-ids/ranges-config.ts";
import { CallerIdReputation } from "../caller-ids/reputation-config.ts";
import { CallIn } from "../channels/call-in/config.ts";
import { Email } from "../channels/email/config.ts";
import { Messages } from "../channels/messages/config.ts";
import { missedCallKeys } from "../channels/missed-call/config.ts";
import { Push } from "../channels/push/config.ts";
import { Sms } from "../channels/sms/config.ts";
import { Voice } from "../channels/voice/config.ts";
import { WhatsApp } from "../channels/whatsapp/config.ts";
import { Canary } from "../doctor/canary/config.ts";
import { Events } from "../events/config.ts";
import { GuardSection } from "../guard/config.ts";
import { Http } from "../http/config.ts";
import { HumanChecksSection } from "../human-check/config.ts";
import { Numbers } from "../numbers/config.ts";
import { NumberHealthSection } from "../numbers/health/config.ts";
import { LiveCheckSection } from "../numbers/live-check/config.ts";
import { NetworksSection } from "../numbers/networks/config.ts";
import { Scrubs } from "../numbers/scrubs/config.ts";
import { Log, Secrets } from "../observability/config.ts";
import { Admin } from "../operations/config.ts";
import { OptOut } from "../opt-out/config.ts";
import { Server } from "../processes/config.ts";
import { Proofs } from "../proofs/config.ts";
import { Records } from "../records/config.ts";
import { Redis } from "../redis/config.ts";
import { Asterisk } from "../telephony/asterisk/config.ts";
import { Calls } from "../telephony/calls/config.ts";
import { SipCapture } from "../telephony/sip-capture/config.ts";
import { Sip } from "../telephony/sip-trunks/config.ts";
import { Trunk } from "../telephony/trunks/config.ts";
import { Route, Routing } from "../telephony/trunks/routes-config.ts";
import { named, namedOrNone, optionalSection, section } from "../typed-yaml/parts.ts";
import { verificationKeys } from "../verification/config.ts";
import { Webhooks } from "../webhooks/config.ts";

export const ConfigSchema = section("OneRing's configuration.", {
  http: Http,
  server: Server,
  redis: Redis,
  records: Records,
  secrets: Secrets,
  asterisks: namedOrNone(
    "The Asterisk servers that place the calls. May be left out where all trunks have `sip`.",
    Asterisk,
  ),
  sip: Type.Optional(Sip),
  sip_capture: Type.Optional(SipCapture),
  trunks: named("The SIP trunks to carriers.", Trunk),
  ranges: named("The caller IDs that calls present.", Range),
  routes: Type.Array(Route, { minItems: 1, description: "Which trunks carry calls to which numbers." }),
  routing: Routing,
  apps: named("The apps (tenants) that may use the API.", App),
  admin: Type.Optional(Admin),
  human_checks: HumanChecksSection,
  limits: Limits,
  guard: GuardSection,
  numbers: Numbers,
  number_health: NumberHealthSection,
  scrubs: Type.Optional(Scrubs),
  live_check: LiveCheckSection,
  networks: NetworksSection,
  verification: optionalSection("Limits and lifetimes of a verification.", { ...verificationKeys, ...missedCallKeys }),
  calls: Calls,
  call_in: CallIn,
  messages: Messages,
  sms: Type.Optional(Sms),
  email: Type.Optional(Email),
  whatsapp: Type.Optional(WhatsApp),
  push: Type.Optional(Push),
  voice: Type.Optional(Voice),
  events: Events,
  caller_id_reputation: CallerIdReputation,
  webhooks: Webhooks,
  proofs: Type.Optional(Proofs),
  opt_out: OptOut,
  canary: Type.Optional(Canary),
  log: Log,
});

/** A whole, valid configuration, every default filled in. */
export type Config = Static<typeof ConfigSchema>;

/** The numbers that people call to prove theirs, E.164; empty: no call proves a number. */
export const numbersToCall = ({ call_in }: Pick<Config, "call_in">): readonly string[] => call_in.numbers;
