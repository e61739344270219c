/**
 * What `onering doctor` checks of SMS: each bind opened once and closed again, TLS, senders of the allowed countries, routes
 * without failover. Sends no message.
 */

import { type Clock, systemClock } from "../../shared/clock.ts";
import { isLoopback } from "../../shared/ip-address.ts";
import type { SmsConfig, SmsRouteConfig } from "./config.ts";
import { examineSmsHttp } from "./http/doctor.ts";
import { createSmsRouting } from "./routing.ts";
import type { SmppBindConfig } from "./smpp/config.ts";
import { BindError, openSession, targetOf } from "./smpp/connect.ts";

/** How the doctor writes findings; see doctor/finding.ts. */
export interface FindingWords<F> {
  ok(what: string): F;
  warn(what: string, fix: string): F;
  fail(what: string, fix: string): F;
}

export interface SmsExamination {
  readonly sms: SmsConfig;
  readonly apps: readonly string[];
  /** ISO 3166, with a number of each country: its calling code decides the route. */
  readonly countries: readonly { readonly country: string; readonly callingCode: string }[];
  readonly clock?: Clock;
}

/** @returns findings in the order of the configuration */
export async function examineSms<F>(examination: SmsExamination, words: FindingWords<F>): Promise<F[]> {
  const { sms, clock = systemClock } = examination;
  const findings: F[] = [];
  for (const [name, route] of Object.entries(sms.routes)) {
    if (route.http !== undefined) {
      const { level, what, fix } = await examineSmsHttp(name, route.http, clock);
      findings.push(level === "ok" ? words.ok(what) : words[level](what, fix ?? ""));
    }
    if (route.smpp === undefined) continue;
    for (const [key, bind] of Object.entries(route.smpp.binds)) {
      findings.push(await examineBind(`${name}.${key}`, bind, route.smpp, clock, words));
      findings.push(...examineTls(`${name}.${key}`, bind, words));
    }
    if (!route.smpp.receipts) {
      const fix = "Set `receipts: true` unless this carrier sends none: without them no message becomes `delivered`.";
      findings.push(words.warn(`SMS route ${name}: delivery receipts are off`, fix));
    }
  }
  return [...findings, ...examineSenders(examination, words)];
}

async function examineBind<F>(
  name: string,
  bind: SmppBindConfig,
  { bind_timeout_ms, response_timeout_ms }: NonNullable<SmsRouteConfig["smpp"]>,
  clock: Clock,
  { ok, warn, fail }: FindingWords<F>,
): Promise<F> {
  try {
    const session = await openSession(targetOf(bind), bind_timeout_ms, clock, {
      responseTimeoutMs: response_timeout_ms,
      enquireLinkMs: bind_timeout_ms * 10,
      // A receipt that comes now belongs to the gateway: the SMSC sends it again.
      incoming: async () => 0x64,
      ended: () => undefined,
      late: () => undefined,
    });
    await session.unbind();
    return ok(`SMS bind ${name}: ${bind.host}:${bind.port} accepts the bind`);
  } catch (error) {
    const why = error instanceof BindError ? error.message : "internal error";
    if (why.includes("ESME_RALYBND")) {
      return warn(
        `SMS bind ${name}: ${why}`,
        "The account allows one bind, and a gateway has it: ask the carrier for more.",
      );
    }
    return fail(`SMS bind ${name}: no bind to ${bind.host}:${bind.port}: ${why}`, remedy(why));
  }
}

/** By Node's and OpenSSL's codes, and the SMSC's. */
function remedy(why: string): string {
  if (/ESME_RINV(PASWD|SYSID)|ESME_RBINDFAIL/.test(why)) {
    return "Compare system_id, password and system_type with the carrier's letter; ask whether this address of yours is allowed, and how many binds.";
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(why)) {
    return "Give the CA that signed the SMSC's certificate in `tls.ca`, or the name in it in `tls.server_name`.";
  }
  if (/EPROTO|ERR_SSL|closed/.test(why)) {
    return "Is this the carrier's TLS port? Without TLS: `tls: {enabled: false}`, only over a VPN.";
  }
  return "Check host, port, firewall and VPN; carriers often accept connections from registered addresses only.";
}

function examineTls<F>(name: string, { host, tls }: SmppBindConfig, { warn }: FindingWords<F>): F[] {
  if (!tls.enabled && !isLoopback(host)) {
    const fix =
      "Use TLS, or make sure that a VPN protects the way to the SMSC: codes and the password are readable on it.";
    return [warn(`SMS bind ${name}: no TLS to ${host}`, fix)];
  }
  if (tls.enabled && !tls.verify) {
    const fix = "Give the CA in `tls.ca` and remove `verify: false`: anyone on the way can pose as the SMSC.";
    return [warn(`SMS bind ${name}: the certificate of ${host} is not verified`, fix)];
  }
  return [];
}

/** Carriers of many countries refuse or replace a sender that is not registered. */
function examineSenders<F>({ sms, apps, countries }: SmsExamination, { ok, warn }: FindingWords<F>): F[] {
  const routing = createSmsRouting(sms);
  const unrouted = countries.filter(({ callingCode }) => routing.routesTo(`+${callingCode}`).length === 0);
  const without = countries.filter(({ country, callingCode }) =>
    routing
      .routesTo(`+${callingCode}`)
      .some((route) => apps.some((app) => routing.sender(route, app, country) === null)),
  );
  const list = (some: typeof countries) => some.map(({ country }) => country).join(", ");
  const findings: F[] = [];
  if (unrouted.length > 0) {
    const what = `SMS: no prefix in sms.prefixes covers all numbers of ${list(unrouted)}`;
    findings.push(warn(what, "Add the prefix, or leave the countries out of numbers.allowed_countries."));
  }
  if (without.length > 0) {
    const fix =
      "Add entries to sms.senders or the route's senders, registered where the country asks for it (docs/channel-sms.md).";
    findings.push(warn(`SMS: no sender is configured for ${list(without)}: the carrier's default is shown`, fix));
  }
  return findings.length > 0 ? findings : [ok("SMS: every allowed country has a route and a sender")];
}
