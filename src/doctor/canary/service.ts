/** Decides by its test calls whether a trunk stays in service. */
import type { Outages } from "../../operations/outages-port.ts";
import { type Finding, ok, warn } from "../finding.ts";
import type { PathReport } from "./report.ts";
import { codeIsWrong } from "./verdict.ts";

const by = "canary";
const who = "onering doctor --canary";

export interface ServiceOptions {
  /** Leave every trunk in or out of service as it is. */
  readonly dryRun: boolean;
  /** Take a trunk out even where a route is then left without any. */
  readonly takeOutLast: boolean;
  readonly routes: readonly { readonly prefix: string; readonly trunks: readonly string[] }[];
  readonly nowMs: number;
}

type Store = Pick<Outages, "takeOut" | "putBack" | "look">;

/**
 * A trunk on which the code arrives wrong on one path is taken out as a whole, unless it is the last one of a route. It
 * is put back when the code arrived right on each path, and only if a canary took it out. Calls that did not arrive are
 * ignored.
 */
export async function* serviceAfter(
  name: string,
  reports: readonly PathReport[],
  outages: Store,
  options: ServiceOptions,
): AsyncGenerator<Finding> {
  const trunk = { kind: "trunk", name } as const;
  const wrong = reports.some(({ arrival }) => arrival !== null && codeIsWrong(arrival));
  const right = reports.length > 0 && reports.every(({ arrival }) => arrival !== null && !codeIsWrong(arrival));
  if (options.dryRun) {
    if (wrong) yield warn(`Canary: trunk ${name} stays in service: dry run`, "Without --dry-run it is taken out.");
    return;
  }
  const before = (await outages.look([trunk]))[0]?.outage ?? null;
  if (wrong) {
    const last = before === null && !options.takeOutLast ? await lastOf(name, options.routes, outages) : [];
    if (last.length > 0) {
      yield warn(
        `Canary: trunk ${name} stays in service: no other trunk of route ${last.join(", ")} is in service`,
        "Codes over it are wrong: drain it (docs/operations.md), or run again with --take-out-last-trunk.",
      );
      return;
    }
    await outages.takeOut(trunk, { by, who, reason: "caller_id_altered", sinceMs: options.nowMs });
    const since =
      before === null ? "was taken out of service for all gateways" : `was out of service before (${before.reason})`;
    yield warn(
      `Canary: trunk ${name} ${since}`,
      "A later canary with right codes puts it back, if a canary took it out.",
    );
  } else if (right && before?.by === by) {
    await outages.putBack(trunk, { by, who });
    yield ok(`Canary: trunk ${name} is back in service for all gateways`);
  }
}

/** The prefixes of the routes that would be left with no trunk in service. */
async function lastOf(name: string, routes: ServiceOptions["routes"], outages: Store): Promise<readonly string[]> {
  const own = routes.filter(({ trunks }) => trunks.includes(name));
  const others = [...new Set(own.flatMap(({ trunks }) => trunks))].filter((one) => one !== name);
  const loads = await outages.look(others.map((one) => ({ kind: "trunk", name: one })));
  const inService = new Set(others.filter((_, index) => (loads[index]?.outage ?? null) === null));
  return own.filter(({ trunks }) => !trunks.some((one) => inService.has(one))).map(({ prefix }) => prefix);
}
