/** The live sources of a configuration. */
import { createOutgoingHttp } from "../../outgoing-http/client.ts";
import { createGate } from "../../outgoing-http/gate.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import type { NetworksConfig } from "./config.ts";
import { createEnumSource } from "./enum/source.ts";
import { createHttpSource } from "./http/source.ts";
import type { LiveSource } from "./live-port.ts";

/** Of a gateway; ENUM's own bound is its count of lookups at the same time. */
const enumPerSecond = 100_000;

/** In the order in which they are asked, those that are configured and named in `order`. */
export function liveSources(config: NetworksConfig, clock: Clock, random: Random): readonly LiveSource[] {
  return config.order.flatMap((name): LiveSource[] => {
    if (name === "enum" && config.enum !== undefined) {
      const gate = createGate({ clock, random, perSecond: enumPerSecond });
      return [createEnumSource({ config: config.enum, gate, clock })];
    }
    if (name === "http" && config.http !== undefined) {
      const { allow_private: allowPrivate, deadline_ms: deadlineMs, per_second: perSecond } = config.http;
      const gate = createGate({ clock, random, perSecond });
      const http = createOutgoingHttp({ clock, allowPrivate, deadlineMs });
      return [createHttpSource({ config: config.http, http, gate, clock })];
    }
    return [];
  });
}
