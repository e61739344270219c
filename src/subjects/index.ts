/** Personal data as the composition root takes it. */
import type { Audit } from "../audit/port.ts";
import type { Clock } from "../shared/clock.ts";
import { Refusal } from "../shared/refusal.ts";
import { createRepresentation, type VerificationBody } from "../verification/representation.ts";
import type { VerificationService } from "../verification/service.ts";
import type { FoundVerification, SubjectIndex } from "./index-port.ts";
import type { SubjectStore } from "./store-port.ts";
import { createSubjects, type FindVerifications, type Subjects } from "./subjects.ts";
import { limitSubjects, verificationSubjects } from "./verifications.ts";

/**
 * @param options.stores what other features keep, in the order in which it is erased: what hands events on before what takes
 *   them
 * @param options.findVerifications in the records; null: nothing is recorded
 */
export function createPersonalData(options: {
  readonly index: SubjectIndex;
  readonly verifications: VerificationService;
  readonly stores: readonly SubjectStore[];
  readonly findVerifications: FindVerifications | null;
  readonly audit: Pick<Audit, "act">;
  readonly clock: Clock;
}): Subjects {
  const { index, verifications, stores, findVerifications, audit, clock } = options;
  const representation = createRepresentation(verifications.channels.all);
  // It is canonical already.
  const calleeOf = (to: string) => verifications.identify(to, null).callee;

  async function show({ id, app }: FoundVerification): Promise<VerificationBody | null> {
    try {
      return representation.verification(await verifications.get({ name: app, allowedCountries: null }, id), []);
    } catch (error) {
      if (error instanceof Refusal && error.code === "verification_not_found") return null;
      throw error;
    }
  }

  return createSubjects({
    stores: [
      verificationSubjects({ index, calleeOf, show, erase: verifications.erase }),
      limitSubjects(index, calleeOf),
      ...stores,
    ],
    findVerifications: findVerifications ?? (async () => []),
    identify: verifications.identify,
    ...{ index, audit, clock },
  });
}
