/** What is out of service and how busy everything is, for all gateways. What the scripts do stands in lua/. */
import type { Outage, Outages, Part, PartLoad } from "../telephony/outages-port.ts";
import { linesKey } from "./keys.ts";
import type { Reply, RunScript } from "./run.ts";

/** Values that look_at_lines returns for each part. */
const valuesOfPart = 4;

export function createOutages(run: RunScript): Outages {
  return {
    async takeOut(part, outage) {
      const kept = await run("take_out", linesKey, [label(part), outage.by, JSON.stringify(outage)]);
      return JSON.parse(String(kept)) as Outage;
    },
    async putBack(part, by) {
      await run("put_back", linesKey, [label(part), by]);
    },
    async look(parts) {
      const reply = (await run(
        "look_at_lines",
        linesKey,
        parts.flatMap(({ kind, name }) => [kind, name]),
      )) as Reply;
      return parts.map((_, index) => readLoad(reply.slice(index * valuesOfPart, (index + 1) * valuesOfPart)));
    },
  };
}

/** As lua/includes/line.lua spells it. */
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
