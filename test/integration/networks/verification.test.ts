/** What a start, its guard, its record and its detail record know of the callee's network. */
import { expect, it } from "vitest";
import { createCdrs } from "../../../src/cdr/rows.ts";
import { createNetworkTable } from "../../../src/numbers/networks/match.ts";
import type { Networks } from "../../../src/numbers/networks/ports.ts";
import type { Network } from "../../../src/numbers/networks/types.ts";
import type { GuardAsk } from "../../../src/verification/guard-port.ts";
import { noGuard } from "../../../src/verification/guard-port.ts";
import {
  callFails,
  look,
  open,
  post,
  posts,
  somebody,
  states,
  withWorkflowWorld,
  world,
} from "../verification/workflow-world.ts";
import { shop } from "../verification/world.ts";

withWorkflowWorld();

const original: Network = { name: "EE", mccMnc: null, source: "original", ported: null };
const ported: Network = { name: "Three Mobile UK", mccMnc: "23420", source: "enum", ported: true };
const withoutName: Network = { name: null, mccMnc: "23415", source: "http", ported: null };

/** Knows what the test says; a live source says it when it is asked. */
function scripted(known: (e164: string) => Network | null, startWaitMs: number | null = null) {
  const found: (readonly [e164: string, budgetMs: number])[] = [];
  let live: Network | null = null;
  const networks: Networks & { becomes(network: Network): void } = {
    startWaitMs,
    known: (e164) => live ?? known(e164),
    async find(e164, budgetMs) {
      found.push([e164, budgetMs]);
      return this.known(e164);
    },
    becomes(network) {
      live = network;
    },
  };
  return { networks, found };
}

function asking() {
  const asks: GuardAsk[] = [];
  const decide = (ask: GuardAsk) => {
    asks.push(ask);
    return noGuard.decide(ask);
  };
  const guard = { ...noGuard, decide };
  return { asks, guard };
}

const cdrNetworks = (verification: Parameters<ReturnType<typeof createCdrs>>[0], networks: Networks) =>
  createCdrs(world.verifications.channels.all, 5, networks)(verification).map(({ network }) => network);

it("the name by range reaches guard and detail record, and is not kept", async () => {
  const { networks, found } = scripted(() => original);
  const { asks, guard } = asking();
  await open({ networks, guard });
  const { id } = await world.verifications.start(shop, { to: somebody() }, null);
  await world.verifications.cancel(shop, id);
  expect(asks.map(({ network }) => network)).toEqual([original]);
  const verification = await look(id);
  expect(verification.deliveries[0]).not.toHaveProperty("network");
  expect(cdrNetworks(verification, networks)).toEqual(["EE"]);
  // Without a live source nothing is looked up.
  expect(found).toEqual([]);
});

it("what a source said is kept with each delivery, as it was when that began", async () => {
  const { networks } = scripted(() => original);
  await open({ networks });
  const workflow = [{ channel: "missed_call" }, { channel: "post", waitMs: 30_000 }, { channel: "wire" }];
  networks.becomes(ported);
  const { id } = await world.verifications.start(shop, { to: somebody(), workflow }, null);
  networks.becomes(withoutName);
  await callFails();
  await posts(1);
  await post.posted[0]?.becomes("sent");
  await world.verifications.cancel(shop, id);
  const verification = await look(id);
  expect(states(verification)).toEqual(["missed_call failed", "post sent"]);
  expect(verification.deliveries.map(({ network }) => network)).toEqual([ported, withoutName]);
  networks.becomes(original);
  expect(cdrNetworks(verification, networks)).toEqual(["Three Mobile UK", "23415"]);
});

it("a recipient that is no number has none", async () => {
  const { networks, found } = scripted(() => ported, 50);
  await open({ networks });
  const { id } = await world.verifications.start(shop, { to: "a@example.com", channel: "mail" }, null);
  await world.verifications.cancel(shop, id);
  const verification = await look(id);
  expect(verification.deliveries[0]).not.toHaveProperty("network");
  expect([cdrNetworks(verification, networks), found]).toEqual([[null], []]);
});

it("a start waits for live sources as long as configured, of a number that may be contacted alone", async () => {
  const { networks, found } = scripted(() => null, 80);
  await open({ networks });
  const to = somebody();
  const { id } = await world.verifications.start(shop, { to }, null);
  await world.verifications.cancel(shop, id);
  await world.verifications.start(shop, { to: "12" }, null).catch(() => undefined);
  expect(found).toEqual([[to, 80]]);
});

it("this network: call in first; another one as before", async () => {
  const { networks } = scripted((to) => (to.endsWith("1") ? ported : original));
  const channelsByNetwork = createNetworkTable([["234-20", ["post", "missed_call"]] as const]);
  await open({ networks, profile: { channelsByNetwork } });
  const first = async (last: string) => {
    const to = somebody().slice(0, -1) + last;
    const { id, deliveries, workflow } = await world.verifications.start(shop, { to }, null);
    await world.verifications.cancel(shop, id);
    return [deliveries[0]?.channel, workflow?.steps.map(({ channel }) => channel)];
  };
  expect(await first("1")).toEqual(["post", ["post", "missed_call"]]);
  expect(await first("2")).toEqual(["missed_call", undefined]);
});
