/** The guard's counters: one script a decision; in a cluster a second one where caps of all apps are configured. */
import type {
  CapBucket,
  CountAnswer,
  CountRequest,
  GuardCounters,
  ReachedKind,
  ScopeCounts,
  Settlement,
} from "../guard/counter-port.ts";
import type { Clock } from "../shared/clock.ts";
import { guardCapKey, guardKey } from "./keys.ts";
import type { Reply, RunScript } from "./run.ts";

const figuresOfScope = 6;
const dayMs = 86_400_000;

/**
 * @param inCluster whether a script may touch one hash tag only
 * @param clock for the day of what is taken back
 * @param testNowMs the current time for scripts; in production null: Redis' own
 */
export function createGuardCounters(
  run: RunScript,
  inCluster: boolean,
  clock: Pick<Clock, "nowMs">,
  testNowMs: (() => number) | null,
): GuardCounters {
  const now = () => (testNowMs === null ? "" : testNowMs());

  async function decide(key: string, request: CountRequest): Promise<CountAnswer> {
    const { starts, costMicros, country, learning, caps, scopes, goesOn } = request;
    const reply = (await run("guard_decide", key, [
      ...[now(), starts ? 1 : 0, costMicros, country ?? "", learning.percent, learning.inFlight, learning.usual],
      ...[goesOn ? 1 : 0, caps.length],
      ...caps.flatMap((cap) => [guardCapKey(cap.app, cap.country), cap.maxDeliveries ?? 0, cap.maxMicros ?? 0]),
      ...scopes.flatMap(({ suffix, perHour, perDay, dayFloor, hourFloor }) => [
        ...[suffix, perHour, perDay, dayFloor, hourFloor],
      ]),
    ])) as Reply;
    return readAnswer(reply, caps.length);
  }

  async function settle({ app, caps, scopes }: Settlement): Promise<void> {
    const settleIn = async (key: string, some: Settlement["caps"], own: Settlement["scopes"]) => {
      if (some.length + own.length === 0) return;
      await run("guard_settle", key, [
        ...[now(), some.length],
        ...some.flatMap((cap) => [
          `${guardCapKey(cap.app, cap.country)}${Math.floor(cap.atMs / dayMs)}`,
          ...[cap.deliveries, cap.micros],
        ]),
        ...own.flatMap(({ suffix, deliveries, starts, verified }) => [suffix, deliveries, starts, verified]),
      ]);
    };
    if (!inCluster) return settleIn(guardKey(app), caps, scopes);
    const ofAll = caps.filter((cap) => cap.app === null);
    const own = caps.filter((cap) => cap.app !== null);
    await Promise.all([settleIn(guardKey(null), ofAll, []), settleIn(guardKey(app), own, scopes)]);
  }

  return {
    async count(request) {
      const ofAll = request.caps.filter((cap) => cap.app === null);
      if (!inCluster || ofAll.length === 0) return decide(guardKey(request.app), request);
      const { reached } = await decide(guardKey(null), { ...request, caps: ofAll, scopes: [] });
      if (reached !== null) return { reached, countries: 0 };
      const own = request.caps.filter((cap) => cap.app !== null);
      const answer = await decide(guardKey(request.app), { ...request, caps: own });
      if (answer.reached === null) return answer;
      const goesOn = request.goesOn && answer.reached.index >= own.length;
      if (!goesOn)
        await settle({
          app: request.app,
          caps: ofAll.map((cap) => takenBack(cap, request, clock.nowMs())),
          scopes: [],
        });
      const index = answer.reached.index + ofAll.length;
      const caps = [...ofAll.map(() => ({ deliveries: 0, micros: 0 })), ...answer.reached.caps];
      return { ...answer, reached: { ...answer.reached, index, caps } };
    },
    settle,
  };
}

function takenBack(
  { app, country }: CapBucket,
  { costMicros }: CountRequest,
  atMs: number,
): Settlement["caps"][number] {
  return { app, country, atMs, deliveries: -1, micros: -costMicros };
}

function readAnswer([number, kind, retryAfterMs, countries, ...rest]: Reply, caps: number): CountAnswer {
  if (number === 0) return { reached: null, countries: Number(countries) };
  const figures = rest.map(Number);
  const scopes = figures.slice(2 * caps);
  return {
    reached: {
      index: Number(number) - 1,
      kind: kind as ReachedKind,
      retryAfterMs: Number(retryAfterMs),
      caps: Array.from({ length: caps }, (_, i) => ({
        deliveries: figures[2 * i] ?? 0,
        micros: figures[2 * i + 1] ?? 0,
      })),
      scopes: Array.from({ length: scopes.length / figuresOfScope }, (_, i) =>
        readScope(scopes.slice(i * figuresOfScope, (i + 1) * figuresOfScope)),
      ),
    },
    countries: Number(countries),
  };
}

function readScope([hour = 0, day = 0, ...learned]: readonly number[]): ScopeCounts {
  const [excessHour = null, hourThreshold = null, excessDay = null, dayThreshold = null] = learned.map((figure) =>
    figure < 0 ? null : figure,
  );
  return { hour, day, excessHour, hourThreshold, excessDay, dayThreshold };
}
