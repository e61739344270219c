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
      const reply = (await run("drain", admissionKey, [label(part), outage.by, JSON.stringify(outage)])) as Reply;
      const result = { now: JSON.parse(String(reply[0])) as Outage, before: readOutage(reply[1]) };
      // Draining twice changes nothing.
      if (reply[0] !== reply[1]) publish({ ...placeOf(part), state: "drained", reason: outage.reason });
      return result;
    },
    async putBack(part, { by }) {
      const [reply] = (await run("enable", admissionKey, [label(part), by])) as Reply;
      const before = readOutage(reply);
      if (before !== null) publish({ ...placeOf(part), state: "enabled", reason: null });
      return before;
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
    outage: readOutage(outage),
  };
}

function readOutage(text: Reply[number] | undefined): Outage | null {
  return text === undefined || text === "" ? null : (JSON.parse(String(text)) as Outage);
}
