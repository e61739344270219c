/** Outages and load of trunks and Asterisks, for all gateways. The scripts are in lua/. */
import type { TrunkUpdatedData } from "../events/envelope.ts";
import type { Outage, Outages, Part, PartLoad } from "../operations/outages-port.ts";
import { admissionKey } from "./keys.ts";
import type { Reply, RunScript } from "./run.ts";

/** Values that slots_status returns for each part. */
const valuesOfPart = 4;

/** @param publish reports what changed; the change holds also where that fails */
export function createOutages(run: RunScript, publish: (changed: TrunkUpdatedData) => void): Outages {
  return {
    async takeOut(part, outage) {
      const given = JSON.stringify(outage);
      const kept = await run("drain", admissionKey, [label(part), outage.by, given]);
      // Draining twice changes nothing.
      if (kept === given) publish({ ...placeOf(part), state: "drained", reason: outage.reason });
      return JSON.parse(String(kept)) as Outage;
    },
    async putBack(part, by) {
      if (Number(await run("enable", admissionKey, [label(part), by])) === 1)
        publish({ ...placeOf(part), state: "enabled", reason: null });
    },
    async look(parts) {
      const reply = (await run(
        "slots_status",
        admissionKey,
        parts.flatMap(({ kind, name }) => [kind, name]),
      )) as Reply;
      return parts.map((_, index) => readLoad(reply.slice(index * valuesOfPart, (index + 1) * valuesOfPart)));
    },
  };
}

function placeOf({ kind, name }: Part): Pick<TrunkUpdatedData, "trunk" | "asterisk"> {
  return { trunk: kind === "trunk" ? name : null, asterisk: kind === "asterisk" ? name : null };
}

/** As written in lua/includes/slot.lua. */
function label({ kind, name }: Part): string {
  return `${kind} ${name}`;
}

function readLoad([calls, begun, waitMs, outage]: Reply): PartLoad {
  return {
    liveCalls: Number(calls),
    callsPerSecond: Number(begun),
    waitMs: Number(waitMs),
    outage: outage === undefined || outage === "" ? null : (JSON.parse(String(outage)) as Outage),
  };
}
