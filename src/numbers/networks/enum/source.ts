/** ENUM (RFC 6116): the number's digits, reversed, as a domain under the operator's zone, asked for NAPTR records. */
import type { NaptrRecord } from "node:dns";
import type { Gate } from "../../../outgoing-http/gate.ts";
import type { Clock } from "../../../shared/clock.ts";
import { createResolver, isAbsent } from "../../../shared/name-server.ts";
import { within } from "../../../shared/within.ts";
import type { NetworksConfig } from "../config.ts";
import type { LiveAnswer, LiveSource } from "../live-port.ts";
import { readMccMnc } from "../mcc-mnc.ts";
import { createPrefixed } from "../prefixed.ts";
import { type EnumAnswer, readAnswer } from "./naptr.ts";

export type EnumConfig = NonNullable<NetworksConfig["enum"]>;

/** Resolves NAPTR records; `dns.Resolver` in production. */
export interface NaptrResolver {
  resolveNaptr(name: string): Promise<readonly NaptrRecord[]>;
  cancel(): void;
}

/** `+4412` under `example.net` is `2.1.4.4.example.net` (RFC 6116 § 3.2). */
export function enumDomain(e164: string, zone: string): string {
  return `${[...e164.slice(1)].reverse().join(".")}.${zone}`;
}

export function createEnumSource(parts: {
  readonly config: EnumConfig;
  readonly gate: Gate;
  readonly clock: Clock;
  /** In tests. */
  readonly resolver?: NaptrResolver;
}): LiveSource {
  const { config, gate, clock } = parts;
  const resolver =
    parts.resolver ?? createResolver({ servers: config.servers, timeoutMs: config.timeout_ms, tries: config.tries });
  const providers = createPrefixed(Object.entries(config.providers));
  let asking = 0;

  function networkOf({ mccMnc, name, spn, rn, ported }: EnumAnswer): LiveAnswer {
    const provider = (spn && config.providers[spn]) || (rn && providers.longest(rn)) || undefined;
    const code = provider?.mcc_mnc === undefined ? null : readMccMnc(provider.mcc_mnc);
    const network = { mccMnc: mccMnc ?? code, name: name ?? provider?.name ?? null, ported };
    return { kind: "answered", network };
  }

  async function resolve(e164: string): Promise<LiveAnswer> {
    try {
      const answer = readAnswer(await resolver.resolveNaptr(enumDomain(e164, config.zone)), e164);
      return answer === null ? { kind: "none" } : networkOf(answer);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "";
      // Nothing is known of the number.
      if (isAbsent(code)) return { kind: "none" };
      return { kind: code === "ETIMEOUT" ? "timeout" : "failed" };
    }
  }

  return {
    name: "enum",
    deadlineMs: config.deadline_ms,
    async ask(e164) {
      if (asking >= config.max_concurrent || !gate.enter().open) return { kind: "busy" };
      asking++;
      const resolved = resolve(e164).finally(() => {
        asking--;
      });
      // What c-ares does not end in time (several servers, each with its tries) ends by itself: its count is bounded.
      const answer = await within(resolved, config.deadline_ms, { kind: "timeout" }, clock);
      const works = answer.kind === "answered" || answer.kind === "none";
      gate.result(works ? { kind: "fine" } : { kind: "down", retryAfterMs: null });
      return answer;
    },
    health: () => gate.health(),
    close: () => resolver.cancel(),
  };
}
