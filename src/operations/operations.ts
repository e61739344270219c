/** The operator's view and actions: every trunk and Asterisk, how busy they are, and taking them out of service. */
import type { Logger } from "pino";
import type { Clock } from "../shared/clock.ts";
import type { TelephonyConfig } from "../telephony/config.ts";
import type { Telephony } from "../telephony/index.ts";
import { type EnginesConfig, enginesOf, sipEngine } from "../telephony/trunks/engines.ts";
import type { PathStatus } from "../telephony/trunks/slots-port.ts";
import type { Outage, Outages, Part, PartLoad } from "./outages-port.ts";

export interface TrunkStatus {
  readonly trunk: string;
  /** Whether this gateway can place a call on it now, without regard to limits. */
  readonly usable: boolean;
  /** The same without the circuit breakers: failed calls do not make the gateway unready. */
  readonly reachable: boolean;
  /** For operators. */
  readonly why: string;
}

/** Load and outage are those of all gateways; whether it is usable, and the breakers, are this gateway's own view. */
export interface PartReport extends PartLoad {
  readonly name: string;
  readonly usable: boolean;
  readonly why: string;
  readonly maxConcurrentCalls: number;
  readonly maxCallsPerSecond: number;
  /** Of a trunk: through each of its Asterisks. Of an Asterisk: to each of its trunks. */
  readonly paths: readonly PathStatus[];
}

export interface Operations {
  /** Every trunk, what is out of service included; without outages where the store is unreachable. Never rejects. */
  status(): Promise<readonly TrunkStatus[]>;
  /** Current outages; empty where the store is unreachable. Never rejects. */
  outOfService(): Promise<readonly Part[]>;
  /** @throws {Refusal} `store_unavailable`, as all that follow */
  report(kind: Part["kind"]): Promise<readonly PartReport[]>;
  /**
   * No gateway places new calls there from now on; calls in progress go on. Draining twice changes nothing.
   * @param who which operator, for the record
   * @returns null: no such trunk or Asterisk
   */
  drain(part: Part, who: string, reason: string): Promise<PartReport | null>;
  /** Calls may be placed there again, regardless of who drained it. Without effect where it was in service. */
  undrain(part: Part, who: string): Promise<PartReport | null>;
}

export interface OperationsParts {
  readonly config: Pick<TelephonyConfig, "trunks"> & EnginesConfig;
  readonly telephony: Pick<Telephony, "paths" | "asterisks">;
  readonly outages: Outages;
  readonly clock: Clock;
  readonly logger: Logger;
}

type ByPart = (part: Part) => Outage | null;

export function createOperations(parts: OperationsParts): Operations {
  const { config, telephony, outages, clock, logger } = parts;
  const trunks = partsOf("trunk", config.trunks);
  const engines = enginesOf(config);
  const all = [...trunks, ...partsOf("asterisk", engines)];

  async function report(kind: Part["kind"]): Promise<readonly PartReport[]> {
    const loads = await outages.look(all);
    const outageOf = lookUp(all, loads);
    return all.flatMap((part, index) => {
      const load = loads[index];
      return part.kind === kind && load !== undefined ? [reportOf(part, load, outageOf)] : [];
    });
  }

  function reportOf(part: Part, load: PartLoad, outageOf: ByPart): PartReport {
    const limits = (part.kind === "trunk" ? config.trunks : engines)[part.name];
    const paths = telephony.paths().filter((path) => path[part.kind] === part.name);
    return {
      ...load,
      name: part.name,
      ...stateOf(part, paths, outageOf),
      maxConcurrentCalls: limits?.max_concurrent_calls ?? 0,
      maxCallsPerSecond: limits?.calls_per_second ?? 0,
      paths: paths.map((path) => ({ ...path, ...pathState(path, outageOf) })),
    };
  }

  function stateOf({ kind, name }: Part, paths: readonly PathStatus[], outageOf: ByPart) {
    if (kind === "asterisk") return asteriskState(name, outageOf);
    const { usable, why } = trunkState(name, paths, outageOf);
    return { usable, why };
  }

  function asteriskState(name: string, outageOf: ByPart): Omit<TrunkStatus, "trunk" | "reachable"> {
    const outage = outageOf({ kind: "asterisk", name });
    if (outage !== null) return { usable: false, why: inWords(outage) };
    const connected = new Map(telephony.asterisks()).get(name) === true;
    if (name === sipEngine) return { usable: connected, why: connected ? "listening" : "not listening" };
    return { usable: connected, why: connected ? "connected" : "not connected" };
  }

  async function changed(part: Part, change: () => Promise<void>): Promise<PartReport | null> {
    if (!all.some(({ kind, name }) => kind === part.kind && name === part.name)) return null;
    await change();
    return (await report(part.kind)).find(({ name }) => name === part.name) ?? null;
  }

  return {
    report,
    async outOfService() {
      const loads = await outages.look(all).catch(() => []);
      return all.filter((_, index) => (loads[index]?.outage ?? null) !== null);
    },
    async status() {
      const outageOf = lookUp(all, await outages.look(all).catch(() => []));
      const paths = telephony.paths();
      return trunks.map(({ name }) => {
        const own = paths.filter(({ trunk }) => trunk === name);
        return { trunk: name, ...trunkState(name, own, outageOf) };
      });
    },
    drain: (part, who, reason) =>
      changed(part, async () => {
        await outages.takeOut(part, { by: "operator", who, reason, sinceMs: clock.nowMs() });
        logger.warn({ [part.kind]: part.name, who, reason }, "taken out of service by an operator");
      }),
    undrain: (part, who) =>
      changed(part, async () => {
        await outages.putBack(part, { by: "operator", who });
        logger.warn({ [part.kind]: part.name, who }, "put back in service by an operator");
      }),
  };
}

function partsOf(kind: Part["kind"], named: Readonly<Record<string, unknown>>): readonly Part[] {
  return Object.keys(named).map((name) => ({ kind, name }));
}

function lookUp(all: readonly Part[], loads: readonly PartLoad[]): ByPart {
  const known = new Map(all.map(({ kind, name }, index) => [`${kind} ${name}`, loads[index]?.outage ?? null]));
  return ({ kind, name }) => known.get(`${kind} ${name}`) ?? null;
}

function pathState(path: PathStatus, outageOf: ByPart): Omit<TrunkStatus, "trunk"> {
  const { trunk, asterisk, usable, reachable, why } = path;
  const outage = outageOf({ kind: "trunk", name: trunk }) ?? outageOf({ kind: "asterisk", name: asterisk });
  return outage === null ? { usable, reachable, why } : { usable: false, reachable: false, why: inWords(outage) };
}

/** A trunk is usable through any of its Asterisks. */
function trunkState(name: string, paths: readonly PathStatus[], outageOf: ByPart): Omit<TrunkStatus, "trunk"> {
  const outage = outageOf({ kind: "trunk", name });
  if (outage !== null) return { usable: false, reachable: false, why: inWords(outage) };
  const states = paths.map((path) => pathState(path, outageOf));
  const best = states.find(({ usable }) => usable) ?? states.find(({ reachable }) => reachable) ?? states[0];
  return best ?? { usable: false, reachable: false, why: "no Asterisk has it" };
}

function inWords({ reason }: Outage): string {
  return `out of service: ${reason}`;
}
