/** Registers the accounts of SIP trunks, sends OPTIONS to their carriers, and says which trunks can be used. */
import type { Logger } from "pino";
import type { Random } from "../../shared/random.ts";
import type { Digests } from "../../sip/auth/port.ts";
import type { ExchangeParts } from "../../sip/exchange/exchange.ts";
import type { Qualified, Qualifier, QualifyStatus } from "../../sip/qualify/port.ts";
import { createQualifier } from "../../sip/qualify/qualifier.ts";
import type { Registration, RegistrationStatus } from "../../sip/registration/port.ts";
import { createRegistration } from "../../sip/registration/registration.ts";
import type { HeaderLine } from "../../sip/transaction/port.ts";
import type { Flow, Target } from "../../sip/transport/port.ts";
import { contactUserOf } from "./inbound-sources.ts";
import type { RefusedRoutes } from "./refused-routes.ts";
import { type SharedRegistrations, shareRegistration } from "./shared-registration.ts";
import { bracketed, type TrunkPlan } from "./trunk-plans.ts";

/** As the health of a trunk that Asterisk has, see trunks/health.ts. `why` is for operators. */
export interface SipTrunkHealth {
  readonly usable: boolean;
  readonly why: string;
  readonly silent?: true;
  readonly answers?: true;
}

/** For metrics and operators; null: the trunk does not register, or sends no OPTIONS. */
export interface SipTrunkStatus {
  readonly registration: RegistrationStatus | null;
  readonly qualify: QualifyStatus | null;
}

export type WatchedPlan = Pick<TrunkPlan, "name" | "config" | "hop" | "credentials" | "routes">;

export interface TrunkWatchParts extends ExchangeParts {
  readonly plans: Iterable<WatchedPlan>;
  readonly digests: Digests;
  readonly random: Random;
  readonly logger: Logger;
  readonly refusedRoutes: RefusedRoutes;
  readonly userAgent: string;
  /** Our own host, as far ends see it: in Call-IDs and in From of OPTIONS; IPv6 without brackets. */
  readonly host: string;
  /** Null or left out: this process registers by itself. */
  readonly shared?: SharedRegistrations | null;
}

export interface TrunkWatch {
  start(): void;
  /** Removes the bindings at the registrars; takes at most 2 s. */
  stop(): Promise<void>;
  /** What is not known counts as usable: calls' outcomes then decide. */
  health(trunk: string): SipTrunkHealth;
  status(trunk: string): SipTrunkStatus;
  /** Route lines of the trunk's calls, as its registrar asked (RFC 3608); empty: none. They follow an outbound proxy's. */
  serviceRoute(trunk: string): readonly HeaderLine[];
  /** Where the trunk is registered now; null: nowhere. */
  registrar(trunk: string): Target | null;
  /** A flow was lost. */
  flowClosed(flow: Flow): void;
}

interface Watched {
  readonly registration: Registration | null;
  readonly qualifier: Qualifier | null;
}

export function createTrunkWatch(parts: TrunkWatchParts): TrunkWatch {
  const watched = new Map<string, Watched>();
  for (const plan of parts.plans) {
    watched.set(plan.name, {
      registration: registrationOf(plan, parts),
      qualifier: qualifierOf(plan, parts),
    });
  }
  const registrations = [...watched.values()].flatMap(({ registration }) => registration ?? []);
  return {
    start() {
      for (const { registration, qualifier } of watched.values()) {
        registration?.start();
        qualifier?.start();
      }
    },
    async stop() {
      for (const { qualifier } of watched.values()) qualifier?.stop();
      await Promise.all(registrations.map((registration) => registration.stop()));
    },
    health: (trunk) => healthOf(watched.get(trunk)),
    status(trunk) {
      const { registration, qualifier } = watched.get(trunk) ?? {};
      return { registration: registration?.status() ?? null, qualify: qualifier?.status() ?? null };
    },
    serviceRoute(trunk) {
      const routes = watched.get(trunk)?.registration?.serviceRoute ?? [];
      return routes.length === 0 ? none : routes.map((route) => ["Route", route] as const);
    },
    registrar: (trunk) => watched.get(trunk)?.registration?.registrar ?? null,
    flowClosed(flow) {
      for (const registration of registrations) registration.flowClosed(flow);
    },
  };
}

const none: readonly HeaderLine[] = [];

/** The registration decides before OPTIONS: a carrier that answers those may still refuse calls of a stranger. */
function healthOf(watched: Watched | undefined): SipTrunkHealth {
  const registered = watched?.registration?.status();
  if (registered?.registered === false) {
    return { usable: false, why: `not registered with the carrier: ${registered.failure ?? "REGISTER is under way"}` };
  }
  const qualify = watched?.qualifier?.status();
  if (qualify === undefined) return { usable: true, why: "not known: no OPTIONS are sent" };
  const { reach, failure, status } = qualify;
  if (reach === "unknown") return { usable: true, why: "not known: no answer to OPTIONS yet" };
  if (reach === "down") {
    const why = failure ?? `it answers with ${status}`;
    return { usable: false, why: `the carrier does not answer OPTIONS: ${why}`, silent: true };
  }
  return { usable: true, why: "up", ...(failure === null ? { answers: true as const } : {}) };
}

function registrationOf(plan: WatchedPlan, parts: TrunkWatchParts): Registration | null {
  const { name, config, hop, credentials, routes } = plan;
  const contactUser = contactUserOf(config);
  const { register } = config;
  if (register === undefined || contactUser === null || credentials === null) return null;
  const carrier = bracketed(config.host);
  const make = (changed: () => void) =>
    createRegistration({
      ...parts,
      account: {
        ...{ hop, contactUser, credentials },
        registrar: `sip:${carrier}`,
        address: credentials.username.includes("@")
          ? `sip:${credentials.username}`
          : `sip:${credentials.username}@${carrier}`,
        expiresSeconds: register.expires_seconds,
        headers: routes,
      },
      digest: parts.digests(credentials),
      host: bracketed(parts.host),
      onRefusedRoutes: (header, count) => parts.refusedRoutes.add({ header, trunk: name }, count),
      onChange(status) {
        logRegistration(parts.logger, name, status);
        changed();
      },
    });
  const { shared = null } = parts;
  return shared === null ? make(() => undefined) : shareRegistration(name, shared, make);
}

function logRegistration(
  logger: Logger,
  trunk: string,
  { registered, failure, expiresInMs }: RegistrationStatus,
): void {
  if (failure !== null) logger.warn({ trunk, registered, failure }, "registration with the carrier failed");
  else if (registered) logger.info({ trunk, expiresInMs }, "registered with the carrier");
}

/** What OPTIONS to a trunk's carrier say. @param ownHost as far ends see it, IPv6 without brackets */
export function qualifiedOf({ config, hop, routes }: WatchedPlan, ownHost: string): Qualified {
  return {
    hop,
    uri: `sip:${bracketed(config.host)}`,
    from: `sip:${bracketed(config.from_domain ?? ownHost)}`,
    everyMs: config.qualify_seconds * 1000,
    headers: routes,
  };
}

function qualifierOf(plan: WatchedPlan, parts: TrunkWatchParts): Qualifier | null {
  const { name, config } = plan;
  if (config.qualify_seconds === 0) return null;
  return createQualifier({
    ...parts,
    qualified: qualifiedOf(plan, parts.host),
    host: bracketed(parts.host),
    onChange: ({ reach, failure, status, roundTripMs }) => {
      const fields = { trunk: name, reach, failure, status, roundTripMs };
      if (reach === "down") parts.logger.warn(fields, "the carrier does not answer OPTIONS");
      else parts.logger.info(fields, "the carrier answers OPTIONS");
    },
  });
}
