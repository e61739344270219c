/** Personal data in webhooks: which queues an erasure looks through. */
import { expect, it } from "vitest";
import { webhookSubjects } from "../../../src/webhooks/subjects.ts";
import { memoryWebhookStore } from "../../support/memory-webhook-store.ts";

const subject = { to: "+447400123456", hash: "h", verifications: new Set(["v1"]), is: () => false };

/** @param store null: nothing is recorded */
function setting(store: ReturnType<typeof memoryWebhookStore> | null) {
  const forgotten: string[] = [];
  const subjects = webhookSubjects({
    queue: {
      async forget(endpoint) {
        forgotten.push(endpoint);
        return 2;
      },
    },
    store,
    // Of all endpoints, those included whose sealing key this gateway does not have.
    directory: { refresh: async () => undefined, ids: () => ["wh_open", "wh_sealed"] },
  });
  return { subjects, forgotten };
}

it("those of endpoints too that this gateway cannot open, and that Redis has lost", async () => {
  const store = memoryWebhookStore();
  store.rows.set("wh_lost", { id: "wh_lost" } as never);
  const { subjects, forgotten } = setting(store);
  expect(await subjects.erase(subject, null)).toEqual({ erased: 6, next: null });
  expect(forgotten).toEqual(["wh_open", "wh_sealed", "wh_lost"]);
});

it("those in Redis though nothing is recorded, and though the records are away", async () => {
  const unrecorded = setting(null);
  expect(await unrecorded.subjects.erase(subject, null)).toEqual({ erased: 4, next: null });
  expect(await unrecorded.subjects.export(subject, null)).toEqual({ items: [], next: null });
  const store = memoryWebhookStore();
  store.away = true;
  const away = setting(store);
  await expect(away.subjects.erase(subject, null)).rejects.toMatchObject({ code: "store_unavailable" });
  expect(away.forgotten).toEqual(["wh_open", "wh_sealed"]);
});
