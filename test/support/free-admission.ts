import type { Pacing } from "../../src/telephony/trunks/admission-port.ts";

/** Always has room at once, for tests of what is not about pacing. The real one: test/integration/redis/admission.test.ts. */
export const freePacing: Pacing = {
  take: async () => ({ kind: "taken", way: 0, waitMs: 0 }),
  release: async () => undefined,
};
