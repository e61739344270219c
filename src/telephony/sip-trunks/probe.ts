/**
 * Asks the carrier of each SIP trunk once, beside a gateway that may be running: name, connection, certificate, OPTIONS. Places
 * no call, and registers nothing: that would take the running gateway's binding from it.
 */
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { type ExchangeParts, exchange } from "../../sip/exchange/exchange.ts";
import { type Absence, whyNoAddress } from "../../sip/location/absence.ts";
import { createLocation } from "../../sip/location/index.ts";
import { optionsAnswerMs, optionsRequest } from "../../sip/qualify/options-request.ts";
import { createTransactions } from "../../sip/transaction/index.ts";
import { createTransports } from "../../sip/transport/index.ts";
import { FlowError, type Target, type TransportStatus, type Transports } from "../../sip/transport/port.ts";
import { brokenFix } from "../../sip/transport/tls-failure.ts";
import type { SipConfig } from "./config.ts";
import { besideGateway, familiesOf, listening, userAgent } from "./own-end.ts";
import { bracketed, createTrunkPlans, type SipTrunksConfig, type TrunkPlan } from "./trunk-plans.ts";
import { qualifiedOf } from "./trunk-watch.ts";

/** One address of a carrier. */
export interface TargetProbe {
  readonly target: Target;
  /** Of the final response to OPTIONS; null: there was none. */
  readonly status: number | null;
  readonly roundTripMs: number | null;
  /** Why there was no response; null: there was one. For operators. */
  readonly failure: string | null;
  /** What to do about it; null: there is nothing to do, or it depends. */
  readonly fix: string | null;
  /** Why no connection could be opened; null: one could, or it is UDP. */
  readonly unconnected: FlowError["why"] | null;
  /** TLS: when the certificate that it showed ends; null: it showed none. */
  readonly certificateExpiresAtMs: number | null;
}

export interface TrunkProbe {
  readonly trunk: string;
  /** The name or address that was asked for. */
  readonly host: string;
  /** At most four are asked. */
  readonly targets: readonly TargetProbe[];
  /** Why there are no targets; null: there are. */
  readonly absence: Absence | null;
}

export interface SipProbe {
  /** Why a configured port cannot be bound now: by a running gateway, or by something else; null: all can. */
  readonly taken: string | null;
  readonly trunks: readonly TrunkProbe[];
}

/** As many as one OPTIONS of the gateway is tried at. */
const maxTargets = 4;

/** Takes at most some 14 s. @throws {Error} where `sip.host` cannot be bound at all */
export async function probeSipTrunks(
  config: SipTrunksConfig,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<SipProbe> {
  const { sip } = config;
  const nowMs = () => performance.now();
  const { transports, taken } = await bind(sip, clock, random);
  const { t1_ms: t1Ms, t2_ms: t2Ms, t4_ms: t4Ms } = sip.timers;
  const transactions = createTransactions({
    ...{ transports, random, clock: { nowMs, after: (delayMs, callback) => clock.after(delayMs, callback) } },
    timers: { t1Ms, t2Ms, t4Ms },
    answers: () => false,
  });
  const families = familiesOf(sip);
  const locator = createLocation({ servers: [], protocols: ["udp", "tcp", "tls"], families, random, clock, nowMs });
  const parts = { transports, transactions, clock, nowMs };
  try {
    const plans = [...createTrunkPlans(config, { sign: () => [] }).values()];
    const trunks = plans.map(async (plan) => {
      const targets = (await locator.locate(plan.hop)).slice(0, maxTargets);
      const asked = targets.map((target) => probe(plan, target, { parts, random, sip }));
      const { host } = plan.hop;
      const absence = targets.length > 0 ? null : await whyNoAddress(host, families);
      return { trunk: plan.name, host, targets: await Promise.all(asked), absence };
    });
    return { taken, trunks: await Promise.all(trunks) };
  } finally {
    transactions.stop();
    locator.stop();
    await transports.stop();
  }
}

/** The configured ports where they are free, so that answers come as they will; else any. */
async function bind(sip: SipConfig, clock: Clock, random: Random) {
  const { connect_ms: connectMs } = sip.timers;
  const open = (ends: ReturnType<typeof listening>) =>
    createTransports({ ...ends, clock, random, admits: () => false, limits: { connectMs } });
  const own: Transports & TransportStatus = open(listening(sip));
  try {
    await own.start();
    return { transports: own, taken: null };
  } catch (error) {
    await own.stop();
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    const other = open(besideGateway(sip));
    await other.start();
    return { transports: other, taken: (error as Error).message };
  }
}

interface Asking {
  readonly parts: Omit<ExchangeParts, "locator"> & { readonly transports: Transports };
  readonly random: Random;
  readonly sip: SipConfig;
}

async function probe(plan: TrunkPlan, target: Target, { parts, random, sip }: Asking): Promise<TargetProbe> {
  const none = { target, status: null, roundTripMs: null, fix: null, unconnected: null, certificateExpiresAtMs: null };
  let certificateExpiresAtMs: number | null;
  try {
    certificateExpiresAtMs = (await parts.transports.connect(target)).certificateExpiresAtMs ?? null;
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    return { ...none, failure: error.brief, fix: error.fix, unconnected: error.why };
  }
  const shown = sip.public_host ?? sip.host;
  const request = { qualified: qualifiedOf(plan, shown), random, userAgent, host: bracketed(shown) };
  const locator = { locate: async () => [target], failed: () => undefined, worked: () => undefined };
  const result = await exchange(
    { ...parts, locator },
    { hop: plan.hop, answerMs: optionsAnswerMs, write: (flow) => optionsRequest(request, flow) },
  );
  const seen = { ...none, certificateExpiresAtMs };
  if (result.kind === "unanswered") {
    return { ...seen, failure: result.why, fix: target.protocol === "tls" ? brokenFix(result.why) : null };
  }
  return { ...seen, status: result.response.status, roundTripMs: result.roundTripMs, failure: null };
}
