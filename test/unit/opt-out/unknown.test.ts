/** Redis lost its data and the records are away: who opted out is not known, and nobody is contacted by a guess. */
import { expect, it } from "vitest";
import { createOptOutHashes } from "../../../src/opt-out/hashes.ts";
import { optOutRule } from "../../../src/opt-out/rule.ts";
import { createOptOuts } from "../../../src/opt-out/service.ts";
import type { KnownRow, OptOutMirror, OptOutRecords } from "../../../src/opt-out/store-port.ts";
import type { OptOutRow } from "../../../src/opt-out/types.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import type { GuardAsk } from "../../../src/verification/guard-port.ts";

const hashes = createOptOutHashes("k9Xw2pQz7LmN4vRt8JhB3sDf6GyC1eUa");
const grace = "+447400123456";
const out = { state: "out", atMs: 1, source: "text" } as const;
const rowOf = (entries: OptOutRow["entries"]): OptOutRow => ({ callee: hashes.of(grace), entries, revision: 1 });

function world({ rows = [] as readonly OptOutRow[], complete = false, records = true } = {}) {
  const put: KnownRow[] = [];
  const mirror = {
    find: async () => ({ rows, complete }),
    put: async (...[, , , known]: Parameters<OptOutMirror["put"]>) => put.push(known) > 0,
    remove: async () => 1,
  } as unknown as OptOutMirror;
  const away: Pick<OptOutRecords, "find"> = {
    find: () => Promise.reject(new Refusal("records_unavailable", "away")),
  };
  const silent = () => undefined;
  const optOuts = createOptOuts({
    ...{ mirror, records: records ? (away as OptOutRecords) : null, hashes, wake: silent },
    ...{ clock: { nowMs: () => 1000 }, logger: { info: silent, warn: silent } },
  });
  return { optOuts, put };
}
const unknown = { code: "records_unavailable" };

it("nobody is contacted; a call that the person places, and a test number, are possible", async () => {
  const { optOuts } = world();
  await expect(optOuts.isOut("shop", grace)).rejects.toMatchObject(unknown);
  const rule = optOutRule(optOuts);
  const ask = { app: "shop", to: grace, contacts: true, test: false } as GuardAsk;
  await expect(rule.judge(ask)).rejects.toMatchObject(unknown);
  expect(await rule.judge({ ...ask, contacts: false })).toBeNull();
  expect(await rule.judge({ ...ask, test: true })).toBeNull();
});

it.each([
  ["has all that the records had", { complete: true }, false],
  ["has this row, and not all", { rows: [rowOf({ shop: out })] }, true],
  ["is all that there is (records.url: off)", { records: false }, false],
])("Redis decides alone where it %s", async (_what, having, isOut) => {
  expect(await world(having).optOuts.isOut("shop", grace)).toBe(isOut);
});

it.each([
  ["a row", false],
  ["a row while the others were filled in", true],
])("a partial one decides nothing: %s", async (_what, complete) => {
  const { optOuts } = world({ complete, rows: [{ ...rowOf({ bank: out }), partial: true }] });
  await expect(optOuts.isOut("shop", grace)).rejects.toMatchObject(unknown);
});

it("an opt-out is taken, to be merged later; none is lifted, and an operator gets an answer to try again", async () => {
  const { optOuts, put } = world();
  await optOuts.optOut(grace, null, "text");
  await optOuts.optOutHash(hashes.of(grace), "shop", "link");
  expect(put).toEqual(["unknown", "unknown"]);
  expect(await optOuts.lift(grace, "shop", 2000)).toBe(false);
  expect(put).toHaveLength(2);
  await expect(optOuts.remove(grace, null)).rejects.toMatchObject(unknown);
  await expect(optOuts.find(grace)).rejects.toMatchObject(unknown);
});
