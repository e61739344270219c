/** Starts verifications and places their calls. Nothing is placed that the store did not lease first. */
import type { Logger } from "pino";
import type { AppIdentity } from "../../apps/principal.ts";
import type { CallerIdReputation } from "../../caller-ids/reputation.ts";
import type { CallerIdPool } from "../../caller-ids/types.ts";
import type { Report } from "../../events/events.ts";
import type { Numbers } from "../../numbers/ports.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { Refusal } from "../../shared/refusal.ts";
import type { ChannelSlots, Dialer } from "../../telephony/calls/ports.ts";
import type { VerificationSettings } from "../../verification/config.ts";
import type { Endings } from "../../verification/endings.ts";
import type { CalleeRef, Hashes } from "../../verification/hashes.ts";
import { answerOnce } from "../../verification/idempotency.ts";
import { newVerificationId } from "../../verification/ids.ts";
import { isTerminal } from "../../verification/machine.ts";
import { askerGone, badCalls, ended, noCode, notPlaced } from "../../verification/refusals.ts";
import type { Candidate, Placement, VerificationStore } from "../../verification/store-port.ts";
import type { Asker, StartRequest, Verification, Verifications } from "../../verification/types.ts";
import type { CallIns } from "../call-in/call-in.ts";
import type { Calls } from "./calls.ts";
import type { MissedCallSettings } from "./config.ts";
import { type Leased, leaseCallerIds, type Offer, takeOffer, type Wanted } from "./lease.ts";

interface Callee {
  /** E.164 with the plus sign. */
  readonly to: string;
  readonly country: string;
  /** How the store knows it. */
  readonly ref: CalleeRef;
}

export function createStarts(options: {
  readonly numbers: Numbers;
  readonly callerIds: CallerIdPool;
  readonly reputation: CallerIdReputation;
  readonly slots: ChannelSlots;
  readonly config: {
    readonly verification: Pick<VerificationSettings & MissedCallSettings, "min_calls" | "starts_per_callee_per_hour">;
  };
  readonly dialer: Dialer;
  readonly store: VerificationStore;
  readonly hashes: Hashes;
  readonly clock: Clock;
  readonly random: Random;
  readonly report: Report;
  readonly logger: Logger;
  readonly calls: Calls;
  readonly callIns: CallIns;
  readonly endings: Endings;
}): Pick<Verifications, "start" | "resend"> {
  const { numbers, callerIds: pool, reputation, slots, dialer, store, hashes, clock, random, report, logger } = options;
  const { calls, callIns, endings } = options;
  const { min_calls: minCalls, starts_per_callee_per_hour: mostCalls } = options.config.verification;

  /** @throws {Refusal} where the number may not be called */
  function examine(app: AppIdentity, request: StartRequest): Callee {
    const facts = numbers.examine(request.to, request.country ?? null, app.allowedCountries);
    if (facts.refusal) throw new Refusal(facts.refusal.code, facts.refusal.detail);
    if (!facts.callable || facts.e164 === null || facts.country === null) {
      throw new Refusal("number_not_callable", "this number cannot be called");
    }
    return { to: facts.e164, country: facts.country, ref: hashes.callee(facts.e164) };
  }

  /** @throws {Refusal} where so many calls for one code are too few or too many */
  function wantedOf({ calls = minCalls, codeLength = null }: Partial<Wanted>): Wanted {
    const refusal = badCalls(calls, minCalls, mostCalls);
    if (refusal) throw refusal;
    return { calls, codeLength };
  }

  /** What a start and a resend tell the store alike. */
  function callRequest(
    app: AppIdentity,
    id: string,
    callee: CalleeRef,
    offer: Offer,
    candidates: readonly Candidate[],
    maxCoolingDown: number,
  ) {
    return {
      nowMs: clock.nowMs(),
      app: app.name,
      id,
      callee,
      calls: offer.calls,
      candidates,
      maxCoolingDown,
      longestCallMs: dialer.longestCallMs + (offer.calls === 1 ? 0 : calls.secondCallWithinMs),
    };
  }

  function place({ verification, callerIds }: Leased, { slot }: Offer): Verification {
    endings.watch(verification);
    calls.place(verification, callerIds, slot);
    return verification;
  }

  /** Takes a slot for a call and gives it back where `lease` comes to no call: others wait for it. */
  async function withOffer<T extends { readonly kind: string }>(
    to: string,
    wanted: Wanted,
    asker: Asker | undefined,
    lease: (offer: Offer) => Promise<T>,
  ): Promise<{ readonly offer: Offer; readonly answer: T }> {
    const offer = await takeOffer(slots, pool, to, wanted);
    let answer: T | null = null;
    try {
      if (asker?.gone) throw askerGone;
      answer = await lease(offer);
      return { offer, answer };
    } finally {
      if (answer?.kind !== "leased") void slots.release(offer.slot);
    }
  }

  function refused(placement: Exclude<Placement, { kind: "placed" }>): Refusal {
    if (placement.kind === "ended") endings.seen(placement);
    return notPlaced(placement);
  }

  /** @param id of the verification to start; where one has it already, that one is returned and nothing is placed */
  async function startWith(
    id: string,
    app: AppIdentity,
    request: StartRequest,
    callee: Callee,
    asker?: Asker,
  ): Promise<Verification> {
    const { to, country, ref } = callee;
    const { reference = null, metadata = null } = request;
    const { offer, answer: lease } = await withOffer(to, wantedOf(request), asker, (offer) =>
      leaseCallerIds({
        ...{ pool, reputation, hashes, offer, verificationId: id, callee: to },
        place: (...choice) =>
          store.start({ ...callRequest(app, id, ref, offer, ...choice), to, country, reference, metadata }),
      }),
    );
    if (lease.kind === "exists") return endings.seen(lease);
    if (lease.kind !== "leased") throw refused(lease);
    const { trunk } = offer.slot;
    report({ type: "verification_started", id, app: app.name, country, trunk });
    logger.info({ id, app: app.name, country, trunk, calls: offer.calls }, "verification started");
    return place(lease, offer);
  }

  return {
    async start(app, request, idempotencyKey, asker) {
      const callee = examine(app, request);
      const id = newVerificationId(callee.ref.bucket, random);
      const begin = request.channel === "call_in" ? callIns.start : startWith;
      if (idempotencyKey === null) return begin(id, app, request, callee, asker);
      const key = hashes.idempotencyKey(app.name, idempotencyKey);
      const once = { key, fingerprint: hashes.fingerprint(request), id };
      return answerOnce(store, once, (reservedId) => begin(reservedId, app, request, callee, asker));
    },

    async resend(app, id, asker) {
      const verification = await endings.look(app.name, id);
      const { channel, status, to, country } = verification;
      if (isTerminal(status)) throw ended(status);
      if (channel === "call_in") throw noCode();
      const { offer, answer: lease } = await withOffer(to, wantedOf(verification), asker, (offer) =>
        leaseCallerIds({
          ...{ pool, reputation, hashes, offer, verificationId: id, callee: to },
          place: (...choice) => store.resend(callRequest(app, id, hashes.callee(to), offer, ...choice)),
        }),
      );
      if (lease.kind !== "leased") throw refused(lease);
      const { attempts: attempt } = lease.verification;
      logger.info({ id, app: app.name, country, trunk: offer.slot.trunk, attempt }, "call sent again");
      return place(lease, offer);
    },
  };
}
