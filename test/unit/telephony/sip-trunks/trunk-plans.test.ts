/** What a trunk's configuration makes of its calls and connections. */
import { expect, test } from "vitest";
import type { TrunkPlan } from "../../../../src/telephony/sip-trunks/trunk-plans.ts";
import { createTrunkPlans } from "../../../../src/telephony/sip-trunks/trunk-plans.ts";
import { sipSection, sipTrunk } from "../../../support/sip-config.ts";

const request = {
  ...{ callId: "call-1", endpoint: "a", callee: "+447700900123", callerId: "+12025550147" },
  failSafeSeconds: 30,
};

async function planOf(own: Readonly<Record<string, unknown>>): Promise<TrunkPlan> {
  const trunk = sipTrunk({ host: "carrier.example", ...own });
  const plans = createTrunkPlans({ sip: await sipSection(), trunks: { a: { sip: trunk } } }, { sign: () => [] });
  return plans.get("a") as TrunkPlan;
}

test("reliable provisional responses are offered where the trunk says so", async () => {
  const offered = async (own: object) => (await planOf({ ...own })).call(request, "id", 0, []).offers100rel;
  expect(await offered({})).toBe(false);
  expect(await offered({ offer_100rel: true })).toBe(true);
});

test("connections of the carrier's take our requests where the trunk says so", async () => {
  expect((await planOf({ transport: "tcp" })).hop.rules?.reuseInbound).toBeUndefined();
  expect((await planOf({ transport: "tcp", reuse_connections: true })).hop.rules?.reuseInbound).toBe(true);
});

test("the name of a wildcard certificate is one of its own, beside the name that is asked for", async () => {
  const tls = { server_name: "sip.carrier.example", certificate_name: "*.carrier.example" };
  const { hop } = await planOf({ transport: "tls", tls });
  expect(hop.rules?.tls).toEqual({ serverName: "sip.carrier.example", certificateName: "*.carrier.example" });
});
