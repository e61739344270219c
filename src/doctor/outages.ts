/** Lists what is drained, out of service for all gateways: which trunks and Asterisks, since when, why, and how they come back. */
import type { Outage, Part } from "../operations/outages-port.ts";
import { asterisksOf, type EnginesConfig, engineInWords, enginesOf } from "../telephony/trunks/engines.ts";
import type { DoctorConfig } from "./config.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";
import { openStore } from "./store.ts";

type PartsConfig = Pick<DoctorConfig, "trunks" | "routes" | "admin"> & EnginesConfig;

export interface PartOut {
  readonly part: Part;
  readonly outage: Outage;
}

/** @returns nothing where Redis does not answer: `examineRedis` reports that */
export async function examineOutages(config: DoctorConfig): Promise<Finding[]> {
  const store = await openStore(config);
  if (store === null) return [];
  try {
    const parts = [...partsOf("trunk", config.trunks), ...partsOf("asterisk", enginesOf(config))];
    const loads = await store.outages.look(parts);
    const out = parts.flatMap((part, index) => {
      const outage = loads[index]?.outage ?? null;
      return outage === null ? [] : [{ part, outage }];
    });
    return describeOutages(config, out);
  } catch (error) {
    return [
      fail(
        `Whether a trunk or an Asterisk is drained cannot be read (${(error as Error).message})`,
        "See the findings about Redis above.",
      ),
    ];
  } finally {
    await store.close();
  }
}

function partsOf(kind: Part["kind"], named: Readonly<Record<string, unknown>>): readonly Part[] {
  return Object.keys(named).map((name) => ({ kind, name }));
}

/** It was done on purpose, so it is a warning; a failure only where no call can be placed at all. */
export function describeOutages(config: PartsConfig, out: readonly PartOut[]): Finding[] {
  if (out.length === 0) return [ok("No trunk or Asterisk is drained")];
  return [...out.map((one) => describeOutage(config, one)), ...describeRest(config, out)];
}

function describeOutage({ admin }: PartsConfig, { part: { kind, name }, outage }: PartOut): Finding {
  const { by, who, reason, sinceMs } = outage;
  const what = `${kind === "trunk" ? `Trunk ${name}` : engineInWords(name)}: out of service for all gateways since ${new Date(sinceMs).toISOString()}, by ${by === "operator" ? `an operator (${who})` : who}: ${JSON.stringify(reason)}`;
  const undrain = `\`curl -X POST $api/v1/admin/${kind}s/${name}/undrain -H "Authorization: Bearer $operator_key"\` puts it back in service`;
  const canary = by === "canary" ? "A canary that finds the code right puts it back by itself. Or: " : "";
  const key = admin === undefined ? ", once `admin.api_keys_sha256` has the hash of a key (`onering key`)" : "";
  return warn(what, `${canary}${undrain}${key}.`);
}

/** The routes that are left without a trunk. */
function describeRest({ trunks, routes }: PartsConfig, out: readonly PartOut[]): Finding[] {
  const isOut = (kind: Part["kind"], name: string) => out.some(({ part }) => part.kind === kind && part.name === name);
  const carries = (name: string) => {
    const trunk = trunks[name];
    return trunk !== undefined && !isOut("trunk", name) && asterisksOf(trunk).some((one) => !isOut("asterisk", one));
  };
  const cut = routes.filter((route) => !route.trunks.some(carries)).map(({ prefix }) => prefix);
  if (cut.length === 0) return [];
  const why = "every trunk, or every Asterisk (or SIP) of it, is out of service";
  if (cut.length === routes.length)
    return [fail(`No call can be placed: ${why}`, "Put one back in service, as above.")];
  return [warn(`Callees of ${cut.join(", ")} cannot be called: ${why}`, "Put one back in service, as above.")];
}
