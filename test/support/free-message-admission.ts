/** Admission of messages without a limit: every turn is now. */
import type { MessageAdmission } from "../../src/channels/sms/admission-port.ts";

export const freeMessageAdmission: MessageAdmission = {
  reserve: async () => ({ kind: "taken", bind: 0, waitMs: 0 }),
  giveBack: async () => undefined,
};
