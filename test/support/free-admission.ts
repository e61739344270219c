import type { Admission } from "../../src/telephony/trunks/admission-port.ts";

/** Always has room at once, for tests of what is not about admission. The real one: test/integration/redis/admission.test.ts. */
export const freeAdmission: Admission = {
  reserve: async () => ({ kind: "taken", path: 0, waitMs: 0 }),
  settle: async () => undefined,
};
