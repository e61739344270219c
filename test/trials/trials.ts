/** The trials: what one app or one destination can do to all others, each with bounded counts. */
import { honest, offer, rung, samePrefix, spread, type Tally, tallyOf } from "./load.ts";
import { overload } from "./overload.ts";
import type { TrialResult } from "./result.ts";
import { openWorld, type World } from "./world.ts";

export const trialNames = ["finals", "burst", "shares", "black-hole", "answered", "flags", "overload"] as const;
export type TrialName = (typeof trialNames)[number];

const finals = [
  "503 Service Unavailable",
  "500 Server Internal Error",
  "502 Bad Gateway",
  "504 Server Time-out",
] as const;

/** @param seconds how long each load lasts */
export async function runTrial(name: TrialName, seconds: number): Promise<readonly TrialResult[]> {
  switch (name) {
    case "finals":
      return Promise.all([
        ...finals.map((final, at) => failing(final, at % 2 === 0 ? spread : samePrefix, seconds)),
        failing(finals[0], spread, seconds, 3),
      ]);
    case "burst":
      return [await burst(seconds)];
    case "shares":
      return [await shares(seconds)];
    case "black-hole":
      return [await blackHole(seconds)];
    case "answered":
      return [await answered(seconds)];
    case "flags":
      return [await flags()];
    case "overload":
      return [await overload(seconds)];
  }
}

async function within(world: Promise<World>, run: (world: World) => Promise<TrialResult>): Promise<TrialResult> {
  const opened = await world;
  try {
    return await run(opened);
  } finally {
    await opened.stop();
  }
}

const told = ({ accepted, starts, refusals }: Tally) =>
  `${accepted} of ${starts.length} accepted ${JSON.stringify(refusals)}`;
const isReady = async (world: World) => Number((await world.get("/readyz")).status === 200);

/** As many failing starts a second as honest ones. Both together stay below the trunk's 10 calls a second. */
const failing = (final: (typeof finals)[number], callee: (n: number) => string, seconds: number, perSecond = 1) =>
  within(openWorld(final), async (world) => {
    const [good, bad] = await Promise.all([
      offer(world, { perSecond, seconds, callee: honest }),
      offer(world, { perSecond, seconds, callee, isAttack: true }),
    ]);
    const ready = await isReady(world);
    const prefix = callee === spread ? "prefixes of its own" : "the honest prefix";
    const line = `${final} beside honest, ${perSecond}/s each, ${prefix}: honest ${told(good)}, ${await rung(world, good)} rang; attacker ${told(bad)}; ready ${ready}`;
    return { line, honestPercent: good.percent, figures: { ready } };
  });

/** Twelve failing starts at once beside ten honest ones a second. */
const burst = (seconds: number) =>
  within(openWorld("503 Service Unavailable", { trunks: trunkWith({ calls_per_second: 20 }) }), async (world) => {
    const beforeMs = 3000;
    const honestStarts = offer(world, { perSecond: 10, seconds: seconds + beforeMs / 1000, callee: honest });
    await new Promise((resolve) => setTimeout(resolve, beforeMs));
    await Promise.all(Array.from({ length: 12 }, (_, n) => world.start(spread(n), true)));
    const all = await honestStarts;
    const after = tallyOf(all.starts.filter(({ atMs }) => atMs >= beforeMs));
    return { line: `burst of 12 beside 10/s: honest ${told(after)}`, honestPercent: after.percent, figures: {} };
  });

/** One app asks for nine times the trunk, another for a fifth of it. */
const shares = (seconds: number) =>
  within(openWorld("503 Service Unavailable"), async (world) => {
    const [good, greedy] = await Promise.all([
      offer(world, { perSecond: 2, seconds, callee: honest }),
      offer(world, { perSecond: 90, seconds, isAttack: true, callee: (n) => `+4477${String(20_000_000 + n)}` }),
    ]);
    const line = `90/s beside 2/s on 10 CPS: honest ${told(good)}; greedy ${told(greedy)}`;
    return { line, honestPercent: good.percent, figures: { greedyPerSecond: greedy.accepted / seconds } };
  });

/** Six starts a second to numbers that answer 100 Trying and nothing else, for the same app and prefix class. */
const blackHole = (seconds: number) =>
  within(openWorld("100 only"), async (world) => {
    const [good, bad] = await Promise.all([
      offer(world, { perSecond: 1.5, seconds, callee: honest }),
      offer(world, { perSecond: 6, seconds, callee: (n) => `+44750012${String(n % 10_000).padStart(4, "0")}` }),
    ]);
    const line = `100 only at 6/s, one app: honest ${told(good)}; to the black hole ${told(bad)}`;
    return { line, honestPercent: good.percent, figures: {} };
  });

/** 300 starts of one key to numbers that answer at once. */
const answered = (seconds: number) =>
  within(openWorld("answers"), async (world) => {
    const [good, bad] = await Promise.all([
      offer(world, { perSecond: 1, seconds, callee: honest }),
      offer(world, {
        perSecond: 5,
        seconds,
        most: 300,
        callee: (n) => `+44750012${String(n).padStart(4, "0")}`,
        isAttack: true,
      }),
    ]);
    const line = `${bad.starts.length} starts to numbers that answer: ${told(bad)}; honest ${told(good)}`;
    return { line, honestPercent: good.percent, figures: { answered: bad.accepted } };
  });

/** 60 starts to numbers that are refused with 608, from a list of 200 caller IDs. */
const flags = () => {
  const numbers = Array.from({ length: 200 }, (_, n) => `+44770090${String(n).padStart(4, "0")}`);
  const ranges = { block: { numbers, digits: "4" } };
  const verification = { max_guess_probability: "0.1" };
  return within(openWorld("608 Rejected", { ranges, verification }), async (world) => {
    const bad = await offer(world, { perSecond: 5, seconds: 12, callee: spread, isAttack: true });
    const good = await offer(world, { perSecond: 5, seconds: 4, callee: honest });
    const { text } = await world.get("/metrics");
    const resting = Number(/^onering_caller_ids\{range="block",state="resting"\} (\d+)/m.exec(text)?.[1] ?? Number.NaN);
    const line = `60 starts refused with 608: ${resting} of 200 caller IDs in cool-down (${told(bad)}); honest after it ${told(good)}`;
    return { line, honestPercent: good.percent, figures: { resting } };
  });
};

function trunkWith(own: Record<string, unknown>) {
  return { carrier: { asterisk: "local", endpoint: "carrier", ranges: ["block"], ...own } };
}
