/**
 * Traffic of an attack (AIT, IRSF) beside honest traffic, replayed against the guard: what share is stopped, and what of the
 * honest starts is refused. The same traffic is decided alike in modes `record` and `deny`.
 *
 * `GUARD_DAYS=14 GUARD_STARTS=60 npx vitest run … attack` replays more of it.
 */

import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { groupBy } from "../../support/group-by.ts";
import { withRuntime } from "../../support/processes.ts";
import { type Ask, createGuardWorld, dayMs, type GuardWorld, hourMs } from "./world.ts";

const runtime = withRuntime();
let redis: Redis;
let url: string;

beforeAll(async () => {
  url = (await runtime.redis()).url;
  redis = new Redis(url);
});
afterAll(() => redis.disconnect());

/** Days of honest traffic before the attack, and honest starts in an hour. */
const quietDays = Number(process.env.GUARD_DAYS ?? 3);
const startsPerHour = Number(process.env.GUARD_STARTS ?? 16);
const attackHours = 12;
/** Attackers ask as often as this, for each honest start. */
const attackFactor = 8;

type Kind = "honest" | "irsf" | "ait" | "bot";

interface Start {
  readonly kind: Kind;
  readonly atMs: number;
  readonly ask: Ask;
  /** Null: never verified. */
  readonly verifiedAfterMs: number | null;
}

/** Park and Miller's generator: the same traffic in each run. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function traffic(fromMs: number): readonly Start[] {
  const random = randomOf(11);
  const pick = (count: number) => Math.floor(random() * count);
  const pad = (number: number, digits: number) => String(number).padStart(digits, "0");
  const starts: Start[] = [];
  const markets = [
    { country: "GB", prefix: "+447", blocks: 400, weight: 6 },
    { country: "DE", prefix: "+4915", blocks: 300, weight: 3 },
    { country: "FR", prefix: "+336", blocks: 200, weight: 1 },
  ];
  const honest = (atMs: number): Start => {
    const market = markets.flatMap((one) => Array.from({ length: one.weight }, () => one))[pick(10)] ?? markets[0];
    if (market === undefined) throw new Error("no market");
    // Some carriers put all their customers behind a few addresses.
    const ip = random() < 0.4 ? `198.51.100.${pick(20)}` : `203.0.${pick(113)}.${pick(256)}`;
    const to = `${market.prefix}${pad(pick(market.blocks) + 100, 4)}${pad(pick(10_000), 4)}`;
    const verified = random() < 0.78;
    return {
      ...{ kind: "honest", atMs, verifiedAfterMs: verified ? 8000 + random() * 40_000 : null },
      ask: { to, country: market.country, ip, session: `s${pick(1e9)}`, cost: 0.04 },
    };
  };
  const endMs = fromMs + quietDays * dayMs + attackHours * hourMs;
  const meanMs = hourMs / startsPerHour;
  for (let atMs = fromMs; atMs < endMs; atMs += -Math.log(1 - random()) * meanMs) starts.push(honest(atMs));

  const attackMs = fromMs + quietDays * dayMs;
  const kinds = ["irsf", "ait", "bot"] as const;
  for (let atMs = attackMs, i = 0; atMs < endMs; atMs += (-Math.log(1 - random()) * meanMs) / attackFactor, i++) {
    const kind = kinds[i % 3] ?? "irsf";
    const part = (atMs - attackMs) / (endMs - attackMs);
    // More and more blocks of numbers, and an address for every few of them.
    const block = pick(2 + Math.floor(part * 150));
    const common = { cost: 0.12, session: `x${i}` };
    const asks: Record<typeof kind, Ask> = {
      // Expensive destinations that the app has no customers in.
      irsf: {
        ...common,
        to: `+24381${pad(block, 3)}${pad(pick(10_000), 4)}`,
        country: "CD",
        ip: `192.0.${pick(90)}.${i % 250}`,
      },
      // Numbers of the app's own largest market, few of which are verified to look alive.
      ait: {
        ...common,
        to: `+4478${pad(5000 + block, 4)}${pad(pick(10_000), 4)}`,
        country: "GB",
        ip: `192.1.${pick(90)}.${i % 250}`,
      },
      // One machine that goes through countries.
      bot: {
        ...common,
        to: `+${[7, 62, 92][i % 3]}9${pad(block, 4)}${pad(pick(10_000), 4)}`,
        country: ["KZ", "ID", "PK"][i % 3] ?? "KZ",
        ip: "192.2.0.1",
      },
    };
    const verifiedAfterMs = kind === "ait" && random() < 0.02 ? 15_000 : null;
    starts.push({ kind, atMs, ask: asks[kind], verifiedAfterMs });
  }
  return starts.sort((a, b) => a.atMs - b.atMs);
}

/** @returns the rule that spoke against each start, in their order; null: none */
async function replay(world: GuardWorld, starts: readonly Start[]): Promise<readonly (string | null)[]> {
  const ends: { readonly atMs: number; readonly end: () => void }[] = [];
  const rules: (string | null)[] = [];
  for (const { atMs, ask, verifiedAfterMs } of starts) {
    world.clock.advance(Math.max(0, atMs - world.clock.nowMs()));
    const due = ends.filter((one) => one.atMs <= atMs);
    for (const { end } of due) end();
    if (due.length > 0) {
      ends.splice(0, ends.length, ...ends.filter((one) => one.atMs > atMs));
      await world.settle();
    }
    const decided = await world.decide(ask);
    rules.push(decided.decision === "ip_countries" ? null : decided.decision);
    if (decided.kind === "allow" && verifiedAfterMs !== null) {
      ends.push({ atMs: atMs + verifiedAfterMs, end: () => world.end(ask, decided, "verified", ask.cost ?? null) });
    }
  }
  return rules;
}

it("stops an attack, lets people through, and decides alike whether it denies or records", async () => {
  const startMs = Date.UTC(2026, 2, 2);
  const starts = traffic(startMs);
  const decided: Record<string, readonly (string | null)[]> = {};
  for (const mode of ["deny", "record"] as const) {
    await redis.flushall();
    const world = createGuardWorld({ redis: { url }, startMs, config: { mode } });
    await world.store.firstTried();
    decided[mode] = await replay(world, starts);
    await world.close();
  }
  const rules = decided.deny ?? [];
  const attackMs = startMs + quietDays * dayMs;
  const share = (kind: Kind, from = 0) => {
    const own = starts.flatMap((start, i) => (start.kind === kind && start.atMs >= from ? [rules[i] ?? null] : []));
    const stopped = own.filter((rule) => rule !== null).length;
    return { starts: own.length, stopped, percent: Math.round((1000 * stopped) / own.length) / 10 };
  };
  const byRule = groupBy(
    rules.filter((rule) => rule !== null),
    (rule) => rule,
  );
  const shown = {
    ...{ irsf: share("irsf"), ait: share("ait"), bot: share("bot") },
    ...{ honest: share("honest"), "honest during the attack": share("honest", attackMs) },
    rules: Object.fromEntries([...byRule].map(([rule, all]) => [rule, all.length])),
  };
  process.stdout.write(`guard, ${starts.length} starts: ${JSON.stringify(shown)}\n`);

  expect(decided.record).toEqual(decided.deny);
  expect(share("irsf").percent).toBeGreaterThan(85);
  expect(share("bot").percent).toBeGreaterThan(95);
  expect(share("ait").percent).toBeGreaterThan(70);
  expect(share("honest").percent).toBeLessThan(1);
  expect(share("honest", attackMs).percent).toBeLessThan(10);
});
