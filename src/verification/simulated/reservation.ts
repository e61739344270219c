/** The reservation of a simulated delivery: it holds nothing, and begins the delivery by a script of its own. */
import type { TestOutcome } from "../../apps/test-numbers-config.ts";
import type { Random } from "../../shared/random.ts";
import type { DeliveryCodes, DeliveryOrder, Reservation } from "../channel-port.ts";
import type { OpenChannel } from "../channel-set.ts";
import type { Hashes } from "../hashes.ts";
import { channelDown, noCapacity, notSimulated } from "../refusals.ts";
import type { BeginAnswer, ScriptArgs } from "../store-port.ts";
import type { Simulated } from "../types.ts";
import type { DeliveryOutcome, SimulatedStep, Simulation } from "./simulation.ts";

/** Why a delivery is simulated, and how it goes. */
export type Scenario =
  /** @property code fixed; secret like a key */
  | {
      readonly kind: "test";
      readonly code: string;
      readonly outcome: TestOutcome;
    } /** @property decision the guard's rule */
  | { readonly kind: "shadow"; readonly decision: string | null };

export interface SimulatedReservation extends Reservation {
  /** When its states are due, in ms from its start. */
  readonly dueAfterMs: readonly number[];
}

/** As long as the hash of a code: it equals none. */
const noCodeBytes = 16;

export interface Simulating {
  readonly hashes: Pick<Hashes, "code">;
  /** Of the channel's kind of proof. */
  readonly codes: DeliveryCodes;
  readonly random: Random;
}

/**
 * @param channel that the delivery would use
 * @throws {Refusal} of an outcome that refuses the start, as a real one does
 */
export async function simulate(
  parts: Simulating,
  channel: OpenChannel,
  order: DeliveryOrder,
  scenario: Scenario,
): Promise<SimulatedReservation> {
  const { random } = parts;
  if (channel.simulate === undefined) throw notSimulated(channel.name);
  const fixed = scenario.kind === "test" && order.appCode === null ? scenario.code : null;
  const outcome = outcomeOf(channel, scenario);
  const codeLength = (fixed ?? order.appCode)?.length ?? null;
  // A code of the app's or of the test number has the digits that it has.
  const wanted = codeLength === null ? order : { ...order, codeLength: null };
  const simulation = await channel.simulate({ order: wanted, kind: scenario.kind, outcome, codeLength, random });
  const code = scenario.kind === "shadow" ? null : (fixed ?? order.appCode);
  return {
    cost: simulation.cost,
    dueAfterMs: simulation.steps.map(({ afterMs }) => afterMs),
    begin: (start: (args: ScriptArgs) => Promise<BeginAnswer>) =>
      start([
        ...codeArgs(parts, channel, { ...order, codeLength: codeLength ?? order.codeLength }, simulation, code),
        simulation.countsAs,
        simulation.parts,
        channel.machine.initial,
        JSON.stringify({ ...simulation.details, simulated: scenario.kind }),
        simulation.lostAfterMs ?? "",
        simulation.overAfterMs,
        simulation.steps.map((step) => lineOf(step, simulation.stopsAtEnd)).join("\n"),
      ]),
    commit: () => undefined,
    release: () => undefined,
  };
}

function outcomeOf(channel: OpenChannel, scenario: Scenario): DeliveryOutcome {
  if (scenario.kind === "shadow") return "delivered";
  if (scenario.outcome === "capacity") throw noCapacity();
  if (scenario.outcome === "channel_unavailable") throw channelDown(channel.name);
  return scenario.outcome;
}

/** @param code null: none matches */
function codeArgs(
  { hashes, codes, random }: Simulating,
  { codes: source }: OpenChannel,
  order: DeliveryOrder,
  { ownCode }: Simulation,
  code: string | null,
): ScriptArgs {
  const hash = () =>
    code === null ? random.bytes(noCodeBytes).toString("base64url") : hashes.code(order.verificationId, code);
  if (source === "own" && ownCode !== null) return ["own", hash(), ownCode.length, ownCode.odds, ""];
  if (source !== "derived") return ["", "", "", "", ""];
  const [, second = "", digits = 0, what = ""] = codes.offer(order).args;
  const own = hash();
  return ["derived", own, second === "" ? "" : own, digits, what];
}

/** See redis/lua/includes/course.lua. */
function lineOf({ afterMs, event, reason, result, cost }: SimulatedStep, stopsAtEnd: boolean): string {
  const text = result === undefined ? "" : JSON.stringify(result);
  return `${Math.round(afterMs)} ${stopsAtEnd ? "c" : "k"} ${event} ${reason ?? "-"} ${cost ?? "-"} ${text}`;
}

/** Of a delivery as it is kept; null: a real one. */
export function simulatedAs(details: unknown): Simulated | null {
  const { simulated } = (details ?? {}) as { readonly simulated?: unknown };
  return simulated === "test" || simulated === "shadow" ? simulated : null;
}
