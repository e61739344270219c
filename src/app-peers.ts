/** The part of the composition root that makes several processes one gateway to its operators: metrics, reload, traces. */
import type { AskTraces } from "./http/admin/trace-routes.ts";
import type { Metrics } from "./observability/metrics.ts";
import { snapshotOf, sumOf } from "./observability/summed-metrics.ts";
import type { Reload } from "./operations/reload.ts";
import type { Peers } from "./processes/peers.ts";
import { Refusal } from "./shared/refusal.ts";
import type { CallTrace, FindTraces } from "./telephony/call-control/trace.ts";

export interface OwnViews {
  readonly metrics: Metrics;
  readonly reload: Pick<Reload, "reload"> & { readonly unaudited: Reload["reload"] };
  readonly traces: FindTraces;
}

export interface AllViews {
  readonly metrics: Metrics;
  readonly reload: Pick<Reload, "reload">;
  readonly traces: AskTraces;
}

/** What each of several processes answers for all of them. @param peers null: there is one process, which answers for itself */
export function viewsOfAll(peers: Peers | null, own: OwnViews): AllViews {
  const { metrics, reload, traces } = own;
  if (peers === null) return own;
  const { registry } = metrics;
  peers.answer("metrics", () => snapshotOf(registry));
  peers.answer("trace", async (id) => JSON.stringify(traces(id) ?? []));
  peers.answer("reload", async (by) => {
    try {
      await reload.unaudited(by);
      return "";
    } catch (error) {
      return error instanceof Refusal ? error.detail : "see its log";
    }
  });
  return {
    metrics: {
      ...metrics,
      async scrape() {
        const snapshot = await snapshotOf(registry);
        return await sumOf([snapshot, ...(await peers.ask("metrics", snapshot))]);
      },
    },
    reload: {
      async reload(by) {
        const result = await reload.reload(by);
        const failed = (await peers.ask("reload", by).catch(appliedHere)).find((text) => text !== "");
        if (failed === undefined) return result;
        // They read the same file, so it was changed in between.
        const detail = `One process applied the configuration, another one did not (${failed}). Reload again.`;
        throw new Refusal("configuration_invalid", detail);
      },
    },
    async traces(id) {
      const here = traces(id);
      if (here === null) return null;
      const others = (await peers.ask("trace", id)).flatMap((text) => JSON.parse(text) as CallTrace[]);
      return [...here, ...others].sort((a, b) => a.startedAtMs - b.startedAtMs);
    },
  };
}

/** @throws {Refusal} always */
function appliedHere(error: unknown): never {
  if (!(error instanceof Refusal)) throw error;
  throw new Refusal(error.code, `This process applied the configuration. ${error.detail}`, error.retryAfterMs);
}
