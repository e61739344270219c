import { describe, expect, it } from "vitest";
import { createCallSlots } from "../../../src/telephony/slots.ts";
import { judgeEndpoint } from "../../../src/telephony/trunks/health.ts";
import { createTrunks } from "../../../src/telephony/trunks/index.ts";
import { telephonyConfig } from "./telephony-config.ts";

function trunksWith(parts: { connected?: boolean; down?: string[]; full?: string[] }) {
  const config = telephonyConfig({ maxConcurrentCalls: 1 });
  const slots = createCallSlots(config);
  for (const trunk of parts.full ?? []) slots.take(trunk);
  return createTrunks({
    config,
    callControls: new Map([["main", { connected: parts.connected ?? true }]]),
    slots,
    health: (_, endpoint) =>
      parts.down?.includes(endpoint) ? { usable: false, why: "gone" } : { usable: true, why: "up" },
  });
}

describe("choosing a trunk", () => {
  it("takes the route with the longest prefix, and its first trunk", () => {
    const trunks = trunksWith({});
    expect(trunks.choose("+12025550100")).toEqual({ trunk: "plus", ranges: ["block"] });
    expect(trunks.choose("+447700900123")).toEqual({ trunk: "bare", ranges: ["block", "list"] });
  });

  it("goes on to the next trunk when the first is down or full", () => {
    expect(trunksWith({ down: ["carrier-a"] }).choose("+12025550100")).toMatchObject({ trunk: "bare" });
    expect(trunksWith({ full: ["plus"] }).choose("+12025550100")).toMatchObject({ trunk: "bare" });
  });

  it("says why there is none", () => {
    const noRoute = createTrunks({
      config: { ...telephonyConfig(), routes: [{ prefix: "+44", trunks: ["bare"] }] },
      callControls: new Map([["main", { connected: true }]]),
      slots: { full: () => false },
      health: () => ({ usable: true, why: "up" }),
    });
    expect(noRoute.choose("+12025550100")).toEqual({ none: "no_route" });
    expect(trunksWith({ connected: false }).choose("+1")).toEqual({ none: "telephony_unavailable" });
    expect(trunksWith({ down: ["carrier-a", "carrier-b"] }).choose("+1")).toEqual({ none: "telephony_unavailable" });
    // One is down, the other has no place left: trying again in a moment helps.
    expect(trunksWith({ down: ["carrier-a"], full: ["bare"] }).choose("+1")).toEqual({ none: "capacity" });
  });

  it("tells the state of every trunk; a full one is at work, not down", () => {
    expect(trunksWith({ down: ["carrier-a"], full: ["bare"] }).status()).toEqual([
      { trunk: "plus", usable: false, why: "gone" },
      { trunk: "bare", usable: true, why: "up; all its calls are in use" },
    ]);
    const away = trunksWith({ connected: false }).status()[0];
    expect(away).toEqual({ trunk: "plus", usable: false, why: "Asterisk main is not connected" });
  });
});

describe("an endpoint", () => {
  const contact = (status: string) => ({ event: "ContactStatusDetail", status });
  const registration = (objectname: string, status: string, endpoint = "") => ({
    event: "OutboundRegistrationDetail",
    objectname,
    endpoint,
    status,
  });

  it.each([
    ["no such endpoint", null, false],
    ["no contact", [{ event: "EndpointDetail" }], false],
    ["its only contact unreachable", [contact("Unreachable")], false],
    ["one of two contacts unreachable", [contact("Unreachable"), contact("Reachable")], true],
    ["its contact reachable", [contact("Reachable")], true],
    ["its contact never asked", [contact("NonQualified")], true],
    ["its contact in a state we do not know", [contact("Unknown")], true],
  ])("with %s", (_, details, usable) => {
    expect(judgeEndpoint("carrier-a", details, []).usable).toBe(usable);
  });

  it.each([
    ["of the same name", registration("carrier-a", "Rejected"), false],
    ["of our own configuration", registration("carrier-a-registration", "Unregistered"), false],
    ["of the configuration wizard", registration("carrier-a-reg-0", "Stopped"), false],
    ["that names it", registration("anything", "Rejected", "carrier-a"), false],
    ["that is registered", registration("carrier-a", "Registered"), true],
    ["of another endpoint", registration("carrier-ab", "Rejected"), true],
    ["of an endpoint whose name starts the same", registration("carrier-a-backup", "Rejected"), true],
  ])("with a registration %s", (_, event, usable) => {
    expect(judgeEndpoint("carrier-a", [contact("Reachable")], [event]).usable).toBe(usable);
  });
});
