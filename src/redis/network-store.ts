/** Answers of live sources about numbers' networks, and the budgets of those sources, for all gateways. */
import type { NetworkStore } from "../numbers/networks/live-port.ts";
import type { SubjectStore } from "../subjects/store-port.ts";
import { networkBudgetKey, networkKey } from "./keys.ts";
import { readNetwork, writeNetwork } from "./network-text.ts";
import type { Reply, RunScript } from "./run.ts";

/** What is kept where no source knows the number. */
const none = "none";

/** @param testTime in tests, in place of Redis' own clock */
export function createNetworkStore(run: RunScript, testTime: (() => number) | null = null): NetworkStore {
  return {
    async read(hash) {
      const [text, leftMs] = (await run("network_read", networkKey(hash), [])) as Reply;
      if (typeof text !== "string") return undefined;
      return { found: text === none ? null : readNetwork(text), leftMs: Math.max(0, Number(leftMs)) };
    },
    async keep(hash, found, ttlMs) {
      await run("network_keep", networkKey(hash), [found === null ? none : writeNetwork(found), Math.ceil(ttlMs)]);
    },
    async forget(hash) {
      const [before] = (await run("network_keep", networkKey(hash), ["", 0])) as Reply;
      return before === 1;
    },
    async take(source, perMinute, perDay) {
      const args = [testTime === null ? "" : testTime(), perMinute, perDay];
      const [may] = (await run("network_take", networkBudgetKey(source), args)) as Reply;
      return may === 1;
    },
  };
}

/** Answers as a class of what is kept of a number. @param forget also what this process has in memory */
export function networkSubjects(
  store: Pick<NetworkStore, "read">,
  hash: (e164: string) => string,
  forget: (e164: string) => Promise<boolean>,
): SubjectStore {
  return {
    name: "networks",
    async export({ to }) {
      const kept = await store.read(hash(to));
      if (kept === undefined) return { items: [], next: null };
      const { name = null, mccMnc = null, source = null, ported = null } = kept.found ?? {};
      return { items: [{ name, mcc_mnc: mccMnc, source, ported }], next: null };
    },
    async erase({ to }) {
      return { erased: Number(await forget(to)), next: null };
    },
  };
}
