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
  const [queues] = setting(store).subjects;
  expect(await queues?.erase(subject, null)).toEqual({ erased: 6, next: null });
  const { subjects, forgotten } = setting(store);
  await subjects[0]?.erase(subject, null);
  expect(forgotten).toEqual(["wh_open", "wh_sealed", "wh_lost"]);
});

it("those in Redis though nothing is recorded, and though the records are away", async () => {
  const unrecorded = setting(null);
  expect(unrecorded.subjects).toHaveLength(1);
  expect(await unrecorded.subjects[0]?.erase(subject, null)).toEqual({ erased: 4, next: null });
  const store = memoryWebhookStore();
  store.away = true;
  const away = setting(store);
  expect(await away.subjects[0]?.erase(subject, null)).toEqual({ erased: 4, next: null });
  expect(away.forgotten).toEqual(["wh_open", "wh_sealed"]);
  await expect(away.subjects[1]?.erase(subject, null)).rejects.toMatchObject({ code: "store_unavailable" });
});

it("a request goes on after the last verification, though others were found or forgotten meanwhile", async () => {
  const ids = Array.from({ length: 150 }, (_, n) => `v${String(n).padStart(3, "0")}`);
  const asked: string[] = [];
  const [queues] = webhookSubjects({
    queue: {
      async forget(_, verifications) {
        asked.push(...verifications);
        return 0;
      },
    },
    store: null,
    directory: { refresh: async () => undefined, ids: () => ["wh_open"] },
  });
  const first = await queues?.erase({ ...subject, verifications: new Set(ids) }, null);
  const rest = ids.slice(50);
  await queues?.erase({ ...subject, verifications: new Set(rest) }, first?.next ?? null);
  expect(asked).toEqual(ids);
});
