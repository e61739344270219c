/**
 * Keeps the processes of one gateway running: starts them, starts again what ended, hands their questions to each other, says
 * which one registers accounts, and ends them together. Serves no request itself.
 */
import type { Logger } from "pino";
import { backoffMs } from "../shared/backoff.ts";
import { type Clock, steadyClock } from "../shared/clock.ts";
import { type Deferred, deferred } from "../shared/deferred.ts";
import type { Random } from "../shared/random.ts";
import type { SharedState } from "../telephony/sip-trunks/shared-registration.ts";
import type { CountedMetrics, ProcessStates } from "./counted-port.ts";
import type { FromProcess, Question, ToProcess } from "./messages.ts";
import { createQuestions } from "./questions.ts";

/** One that was forked. */
export interface Forked {
  readonly pid: number;
  /** Does nothing where it has ended. */
  send(message: ToProcess): void;
  /** At once. */
  kill(): void;
}

export interface ForkEvents {
  message(message: FromProcess): void;
  /** Comes once, after the last message. */
  exited(code: number | null, signal: string | null): void;
}

export interface PrimaryParts {
  readonly count: number;
  readonly fork: (index: number, events: ForkEvents) => Forked;
  readonly counted: CountedMetrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
}

/** A process that ended though it should run. */
export class ProcessEnded extends Error {
  override readonly name = "ProcessEnded";
}

export interface Primary {
  /** Resolves when all serve. The first one starts alone: it says what is wrong once. @throws {ProcessEnded} where one ends before */
  start(): Promise<void>;
  /** Rejects with {ProcessEnded} when one ends again and again. */
  readonly running: Promise<never>;
  /** Tells one that serves to reload the configuration of all. @returns false where none serves */
  reload(by: string): boolean;
  /** Lets all of them end. @returns how many had to be killed after `withinMs` */
  stop(withinMs: number): Promise<number>;
  /** Ends all of them at once. */
  kill(): void;
}

/** The first pause is short: its phones ring, its ports are free, and others take over in 5 s. */
const restartLimits = { firstMs: 250, longestMs: 30_000 };
/** One that was up so long has not failed at what ended the one before. */
const steadyMs = 60_000;
/** With the pauses above some 65 s. */
export const mostFailures = 8;
/** EX_CONFIG: the file was changed and has a problem. Those that run have the one before, so it is tried again for ever. */
const exitConfig = 78;

interface Slot {
  readonly index: number;
  process: Forked | null;
  url: string | null;
  startedAtMs: number;
  failures: number;
  restarts: number;
  why: string | null;
  hasServed: boolean;
  isReceiving: boolean;
  /** The name of its own SIP calls; null: it has none. */
  gateway: string | null;
  cancelRestart: () => void;
  first: Deferred<void>;
}

export function createPrimary(parts: PrimaryParts): Primary {
  const { count, counted, random, logger } = parts;
  const clock = steadyClock(parts.clock);
  const slots = Array.from({ length: count }, (_, index): Slot => {
    const none = {
      process: null,
      url: null,
      startedAtMs: 0,
      failures: 0,
      restarts: 0,
      why: null,
      hasServed: false,
      isReceiving: false,
      gateway: null,
    };
    return { index, ...none, cancelRestart: () => undefined, first: deferred<void>() };
  });
  const registrations = new Map<string, SharedState>();
  const questions = createQuestions(clock);
  const broken = deferred<never>();
  broken.promise.catch(() => undefined);
  let registrar: Slot | null = null;
  let stopping = false;
  let allEnded: () => void = () => undefined;

  const living = () => slots.filter(({ process }) => process !== null);

  function fork(slot: Slot): void {
    slot.startedAtMs = clock.nowMs();
    slot.why = null;
    slot.isReceiving = false;
    try {
      slot.process = parts.fork(slot.index, {
        message: (message) => receive(slot, message),
        exited: (code, signal) => ended(slot, code, signal),
      });
    } catch (error) {
      // No memory for it. The others go on, and it is tried again.
      slot.why = error instanceof Error ? error.message : "unknown";
      ended(slot, null, null);
      return;
    }
    chooseRegistrar();
  }

  /** The registrar keeps the role until it ends: with every change the carrier gets another Contact. */
  function chooseRegistrar(): void {
    if (registrar !== null) return;
    registrar = slots.find(({ url }) => url !== null) ?? living()[0] ?? null;
    if (registrar?.isReceiving) registrar.process?.send({ type: "registrar" });
  }

  /** What it may have missed. */
  function greet(slot: Slot): void {
    slot.isReceiving = true;
    for (const [trunk, state] of registrations) slot.process?.send({ type: "registration", trunk, state });
    if (registrar === slot) slot.process?.send({ type: "registrar" });
    if (stopping) slot.process?.send({ type: "stop" });
  }

  function receive(slot: Slot, message: FromProcess): void {
    switch (message.type) {
      case "receiving":
        greet(slot);
        return;
      case "serving":
        slot.url = message.url;
        slot.hasServed = true;
        slot.first.resolve();
        if (slot.restarts > 0) logger.info({ index: slot.index, pid: slot.process?.pid }, "process serves again");
        return;
      case "failed":
        slot.why = message.why;
        return;
      case "ask":
        void handOn(slot, message.id, message.what, message.argument);
        return;
      case "answer":
        questions.answered(message.id, slot.index, message.text);
        return;
      case "gateway":
        slot.gateway = message.name;
        return;
      case "registration":
        registrations.set(message.trunk, message.state);
        for (const other of living()) {
          if (other !== slot) other.process?.send(message);
        }
    }
  }

  async function handOn(asking: Slot, id: number, what: Question, argument: string): Promise<void> {
    const from = asking.process;
    if (what === "metrics") counted.saw(asking.index, argument);
    // One that starts has seen nothing yet, and may have read the file before it was changed.
    const others = living().filter(
      (slot) => slot !== asking && (slot.url !== null || (what === "reload" && slot.isReceiving)),
    );
    const asked = new Map(others.map(({ index, process }) => [index, process]));
    const answers = await questions.ask(
      what,
      others.map(({ index }) => index),
      (question, index) => {
        slots[index]?.process?.send({
          type: "question",
          id: question,
          what,
          argument: what === "metrics" ? "" : argument,
        });
      },
    );
    // What one had counted that ended meanwhile is among the sums of those that ended.
    const counts = [...answers].filter(([index]) => what !== "metrics" || slots[index]?.process === asked.get(index));
    const texts = counts.map(([, text]) => text);
    if (what === "metrics") {
      for (const [index, text] of counts) counted.saw(index, text);
      texts.push(...counted.beside(new Set([asking.index, ...counts.map(([index]) => index)]), states()));
    }
    const silent = others.filter(({ index }) => !answers.has(index)).map(({ index }) => index);
    if (what === "reload" && silent.length > 0) {
      logger.warn(
        { indexes: silent },
        "processes did not confirm the reload: they may use the configuration from before",
      );
    }
    // One that was started meanwhile counts its questions anew.
    if (asking.process === from) from?.send({ type: "answers", id, texts });
  }

  /** Its phones may ring: whichever other one is quick cancels. */
  function handOver(slot: Slot): void {
    const { gateway } = slot;
    slot.gateway = null;
    if (gateway === null) return;
    for (const { process } of living()) process?.send({ type: "ended", gateway });
  }

  function states(): ProcessStates {
    const serving = slots.filter(({ url }) => url !== null).length;
    return { serving, starting: count - serving, restarts: slots.map(({ restarts }) => restarts) };
  }

  function ended(slot: Slot, code: number | null, signal: string | null): void {
    const pid = slot.process?.pid;
    slot.process = null;
    slot.url = null;
    questions.gone(slot.index);
    counted.ended(slot.index);
    if (registrar === slot) registrar = null;
    handOver(slot);
    if (stopping) {
      if (living().length === 0) allEnded();
      return;
    }
    const how = slot.why ?? (signal === null ? `exit code ${code}` : `signal ${signal}`);
    const upMs = clock.nowMs() - slot.startedAtMs;
    if (!slot.hasServed) {
      slot.first.reject(new ProcessEnded(slot.why ?? `process ${slot.index} ended while starting (${how})`));
      return;
    }
    chooseRegistrar();
    const unfit = code === exitConfig;
    if (upMs >= steadyMs || unfit) slot.failures = 0;
    if (!unfit) slot.failures += 1;
    if (slot.failures >= mostFailures) {
      const times = `${slot.failures} times in a row, each within ${steadyMs / 1000} s of its start`;
      broken.reject(new ProcessEnded(`process ${slot.index} ended ${times} (the last time: ${how})`));
      return;
    }
    const pauseMs = unfit ? restartLimits.longestMs : backoffMs(slot.failures, random, restartLimits);
    logger.error(
      { index: slot.index, pid, code, signal, upMs, pauseMs },
      `process ended (${how}): it is started again`,
    );
    slot.cancelRestart = clock.after(pauseMs, () => {
      slot.restarts += 1;
      fork(slot);
    });
  }

  return {
    async start() {
      const [first, ...others] = slots as [Slot, ...Slot[]];
      fork(first);
      await first.first.promise;
      for (const slot of others) fork(slot);
      await Promise.all(others.map((slot) => slot.first.promise));
    },
    running: broken.promise,
    reload(by) {
      const serving = slots.find(({ url }) => url !== null);
      serving?.process?.send({ type: "reload", by });
      return serving !== undefined;
    },
    async stop(withinMs) {
      stopping = true;
      for (const slot of slots) slot.cancelRestart();
      const left = living();
      if (left.length === 0) return 0;
      const end = new Promise<void>((resolve) => {
        allEnded = resolve;
      });
      for (const slot of left) slot.process?.send({ type: "stop" });
      let killed = 0;
      const cancel = clock.after(withinMs, () => {
        killed = living().length;
        for (const { process } of living()) process?.kill();
      });
      await end;
      cancel();
      return killed;
    },
    kill() {
      stopping = true;
      for (const slot of slots) slot.cancelRestart();
      for (const { process } of living()) process?.kill();
    },
  };
}
