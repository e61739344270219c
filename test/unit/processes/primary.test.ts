/** The primary of several processes, with processes that the test speaks for. */
import { pino } from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import type { CountedMetrics } from "../../../src/processes/counted-port.ts";
import type { FromProcess, ToProcess } from "../../../src/processes/messages.ts";
import { createPrimary, mostFailures, type Primary } from "../../../src/processes/primary.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { ManualClock } from "../../support/manual-clock.ts";

interface Process {
  readonly index: number;
  readonly got: ToProcess[];
  killed: boolean;
  says(message: FromProcess): void;
  ends(code: number | null, signal?: string): void;
}

let clock: ManualClock;
let forked: Process[];
let counted: string[];
/** What forking throws; null: nothing. */
let noFork: Error | null;
let primary: Primary;
const settle = () => new Promise((resolve) => setImmediate(resolve));
/** The newest of an index. */
const of = (index: number) => forked.findLast((process) => process.index === index) as Process;
const types = ({ got }: Process) => got.map(({ type }) => type);
const registered = (of: string) => ({ status: { registered: true, of } as never, serviceRoute: [], atMs: 1 });

function create(count: number): Primary {
  const metrics: CountedMetrics = {
    saw: (index, text) => counted.push(`saw ${index} ${text}`),
    ended: (index) => counted.push(`ended ${index}`),
    beside: (answering, states) => [JSON.stringify([[...answering], states])],
  };
  return createPrimary({
    ...{
      count,
      counted: metrics,
      clock,
      random: { ...cryptoRandom, below: () => 0 },
      logger: pino({ level: "silent" }),
    },
    fork(index, events) {
      if (noFork !== null) throw noFork;
      const process: Process = {
        ...{ index, got: [], killed: false, says: events.message },
        ends: (code, signal) => events.exited(code, signal ?? null),
      };
      forked.push(process);
      queueMicrotask(() => process.says({ type: "receiving" }));
      return {
        pid: 100 + forked.length,
        send: (message) => process.got.push(message),
        kill() {
          process.killed = true;
          process.ends(null, "SIGKILL");
        },
      };
    },
  });
}

/** All of them serve. */
async function started(count: number): Promise<void> {
  primary = create(count);
  const starting = primary.start();
  of(0).says({ type: "serving", url: "http://x" });
  await settle();
  for (let index = 1; index < count; index++) of(index).says({ type: "serving", url: "http://x" });
  await starting;
}

beforeEach(() => {
  clock = new ManualClock();
  forked = [];
  counted = [];
  noFork = null;
});

describe("the start", () => {
  test("is that of the first process alone, and then of the others", async () => {
    primary = create(3);
    const starting = primary.start();
    expect(forked.map(({ index }) => index)).toEqual([0]);
    of(0).says({ type: "serving", url: "http://x" });
    await settle();
    expect(forked.map(({ index }) => index)).toEqual([0, 1, 2]);
    of(1).says({ type: "serving", url: "http://x" });
    of(2).says({ type: "serving", url: "http://x" });
    await starting;
  });

  test("fails with the reason of the first one that cannot start", async () => {
    primary = create(2);
    const starting = expect(primary.start()).rejects.toThrow("127.0.0.1:8080 is in use");
    of(0).says({ type: "failed", why: "127.0.0.1:8080 is in use by another process" });
    of(0).ends(1);
    await starting;
    expect(forked).toHaveLength(1);
    expect(await primary.stop(1000)).toBe(0);
  });
});

describe("a process that ends", () => {
  beforeEach(() => started(2));

  test("is started again after a pause that doubles, and at once-like after it was steady", async () => {
    for (const pauseMs of [125, 250, 500]) {
      of(1).ends(null, "SIGKILL");
      const before = forked.length;
      clock.pass(pauseMs - 1);
      expect(forked).toHaveLength(before);
      clock.pass(1);
      expect(forked).toHaveLength(before + 1);
    }
    clock.pass(60_000);
    of(1).ends(1);
    clock.pass(125);
    expect(forked).toHaveLength(6);
  });

  test("is not taken for steady because the clock was set forward", () => {
    of(1).ends(null, "SIGKILL");
    clock.pass(125);
    clock.set(3_600_000);
    of(1).ends(null, "SIGKILL");
    clock.pass(249);
    expect(forked).toHaveLength(3);
    clock.pass(1);
    expect(forked).toHaveLength(4);
  });

  test("again and again ends all, with the reason", async () => {
    const end = expect(primary.running).rejects.toThrow(/process 1 ended 8 times in a row.*signal SIGSEGV/);
    for (let failure = 0; failure < mostFailures; failure++) {
      of(1).ends(null, "SIGSEGV");
      clock.pass(30_000);
    }
    await end;
    expect(forked.filter(({ index }) => index === 1)).toHaveLength(mostFailures);
  });

  test("and cannot be forked for lack of memory is tried again, while the other one serves", () => {
    of(1).ends(1);
    noFork = new Error("spawn ENOMEM");
    clock.pass(125);
    expect(forked).toHaveLength(2);
    noFork = null;
    clock.pass(250);
    expect(forked).toHaveLength(3);
  });

  test("because the file was changed and is not valid is tried on, while the other one serves", () => {
    for (let failure = 0; failure < 3 * mostFailures; failure++) {
      of(1).says({ type: "failed", why: "1 problem" });
      of(1).ends(78);
      clock.pass(30_000);
    }
    expect(forked.filter(({ index }) => index === 1)).toHaveLength(3 * mostFailures + 1);
    // The file is valid again: what comes then is no failure in a row of so many.
    of(1).ends(null, "SIGKILL");
    clock.pass(30_000);
    expect(forked.filter(({ index }) => index === 1)).toHaveLength(3 * mostFailures + 2);
  });
});

describe("the calls of a process that ends", () => {
  test("are those of the others at once, whether it was killed or ended by itself, while all stop too", async () => {
    await started(3);
    const ends = (process: Process) => process.got.filter(({ type }) => type === "ended");
    for (const index of [0, 1, 2]) of(index).says({ type: "gateway", name: `g${index}` });
    of(1).ends(null, "SIGKILL");
    expect([ends(of(0)), ends(of(2))]).toEqual([
      [{ type: "ended", gateway: "g1" }],
      [{ type: "ended", gateway: "g1" }],
    ]);
    // Its successor has not said its name when it ends.
    clock.pass(1000);
    of(1).ends(1);
    expect(ends(of(0))).toHaveLength(1);
    const stopped = primary.stop(5000);
    of(2).ends(null, "SIGKILL");
    expect(ends(of(0)).at(-1)).toEqual({ type: "ended", gateway: "g2" });
    of(0).ends(0);
    await stopped;
  });
});

describe("accounts are registered", () => {
  test("by the first process, from its start on, and by another one that serves when it ends", async () => {
    await started(3);
    expect(types(of(0))).toEqual(["registrar"]);
    of(0).says({ type: "registration", trunk: "a", state: registered("0") });
    expect(of(1).got).toEqual([{ type: "registration", trunk: "a", state: registered("0") }]);
    of(0).ends(null, "SIGKILL");
    expect(types(of(1))).toEqual(["registration", "registrar"]);
    clock.pass(1000);
    await settle();
    // What it was stays known, and the role where it is.
    expect(of(0).got).toEqual([{ type: "registration", trunk: "a", state: registered("0") }]);
    of(0).says({ type: "serving", url: "http://x" });
    expect(types(of(0))).toEqual(["registration"]);
    expect(types(of(2))).toEqual(["registration"]);
  });

  test("by the next one that starts where none serves", async () => {
    await started(2);
    of(1).ends(1);
    of(0).ends(1);
    clock.pass(1000);
    await settle();
    expect(forked.filter(({ got }) => got.some(({ type }) => type === "registrar"))).toHaveLength(2);
  });
});

describe("a question", () => {
  const answers = (process: Process) => process.got.findLast(({ type }) => type === "answers");
  const question = (process: Process) => process.got.findLast((message) => message.type === "question");
  const answer = (process: Process, text: string | null) =>
    process.says({ type: "answer", id: question(process)?.id ?? -1, text });

  test("goes to the others, and has what they answered", async () => {
    await started(3);
    of(1).says({ type: "ask", id: 7, what: "trace", argument: "v1" });
    expect(question(of(1))).toBeUndefined();
    expect(question(of(0))).toMatchObject({ what: "trace", argument: "v1" });
    answer(of(0), "a");
    await settle();
    expect(answers(of(1))).toBeUndefined();
    answer(of(2), "b");
    await settle();
    expect(answers(of(1))).toEqual({ type: "answers", id: 7, texts: ["a", "b"] });
  });

  test("about metrics is answered for processes that are gone, frozen or starting", async () => {
    await started(4);
    of(3).ends(1);
    of(0).says({ type: "ask", id: 0, what: "metrics", argument: "own" });
    answer(of(1), "one");
    clock.pass(2000);
    await settle();
    const beside = JSON.stringify([[0, 1], { serving: 3, starting: 1, restarts: [0, 0, 0, 1] }]);
    expect(answers(of(0))).toEqual({ type: "answers", id: 0, texts: ["one", beside] });
    expect(counted).toEqual(["ended 3", "saw 0 own", "saw 1 one"]);
  });

  test("about metrics leaves out one that answered and ended before the others answered", async () => {
    await started(3);
    of(0).says({ type: "ask", id: 0, what: "metrics", argument: "own" });
    answer(of(1), "one");
    of(1).ends(null, "SIGKILL");
    answer(of(2), "two");
    await settle();
    const beside = JSON.stringify([[0, 2], { serving: 2, starting: 1, restarts: [0, 0, 0] }]);
    expect(answers(of(0))).toEqual({ type: "answers", id: 0, texts: ["two", beside] });
    expect(counted).toEqual(["saw 0 own", "ended 1", "saw 2 two"]);
  });

  test("waits no longer for one that ends, and an old one is not answered to its successor", async () => {
    await started(2);
    of(0).says({ type: "ask", id: 0, what: "reload", argument: "key" });
    of(1).ends(1);
    await settle();
    expect(answers(of(0))).toEqual({ type: "answers", id: 0, texts: [] });
    clock.pass(1000);
    of(1).says({ type: "serving", url: "http://x" });
    of(1).says({ type: "ask", id: 0, what: "trace", argument: "v" });
    of(1).ends(1);
    answer(of(0), "late");
    clock.pass(1000);
    await settle();
    expect(answers(of(1))).toBeUndefined();
  });

  test("SIGHUP reloads by one of them", async () => {
    await started(2);
    expect(primary.reload("signal SIGHUP")).toBe(true);
    expect(of(0).got.at(-1)).toEqual({ type: "reload", by: "signal SIGHUP" });
    expect(types(of(1))).toEqual([]);
  });
});

describe("the stop", () => {
  test("tells all, waits for them, and starts none again", async () => {
    await started(3);
    of(2).ends(1);
    const stopped = primary.stop(5000);
    expect([of(0), of(1)].map((process) => types(process).at(-1))).toEqual(["stop", "stop"]);
    of(0).ends(0);
    clock.pass(2000);
    of(1).ends(0);
    expect(await stopped).toBe(0);
    clock.pass(60_000);
    expect(forked).toHaveLength(3);
  });

  test("kills what does not end in time, and says how many", async () => {
    await started(2);
    const stopped = primary.stop(5000);
    of(0).ends(0);
    clock.pass(5000);
    expect(await stopped).toBe(1);
    expect(of(1).killed).toBe(true);
  });
});
