import { describe, expect, it } from "vitest";
import { judgeEndpoint } from "../../../../src/telephony/trunks/health.ts";

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
