/** The gateway's log: JSON lines. Redaction here is the second line of defence; the first is not to log secrets. */
import { setTimeout as pause } from "node:timers/promises";
import { type DestinationStream, destination, type LogFn, type Logger, pino } from "pino";
import type { LogConfig } from "./config.ts";
import { describeError } from "./log-error.ts";
import { withoutSecrets } from "./redaction.ts";

/**
 * Written when this much has been buffered, at the latest after `flushEveryMs`. Just under the 16 KiB that sonic-boom
 * writes in one go: each write wakes another thread, and smaller ones took a noticeable share of the CPU under load.
 */
const bufferBytes = 16_000;
const flushEveryMs = 100;
/**
 * What several processes write to one pipe stays whole lines up to this size (PIPE_BUF of Linux, POSIX write): beyond it they
 * could be mixed where the reader is late.
 */
const sharedBytes = 4096;
/** Bound of the buffer while the reader of our output is stalled; more is dropped, because a full pipe must not stop calls. */
const maxWaitingBytes = 8 * 1024 * 1024;
/** A reader that takes nothing for this long does not hold up the end of the process. */
const lastWriteLimitMs = 1000;

/**
 * @param log section `log` of the configuration
 * @param options `sandbox`: marks every line with SANDBOX. `process`: of several that share the output, its index. `stream`: where to write; standard output if left out, without
 * ever blocking the event loop
 */
export function createLogger(
  log: LogConfig,
  options: {
    readonly sandbox?: boolean;
    readonly stream?: DestinationStream;
    readonly process?: number | "primary";
  } = {},
): Logger {
  const shared = options.process !== undefined;
  const stream =
    options.stream ??
    destination({
      dest: 1,
      sync: false,
      minLength: shared ? sharedBytes - 1 : bufferBytes,
      ...(shared ? { maxWrite: sharedBytes } : {}),
      periodicFlush: flushEveryMs,
      maxLength: maxWaitingBytes,
    });
  let least = rankOf(log.level);
  const logger = pino(
    {
      // pino gives each child a level of its own, so one that may change is looked at with each line.
      level: "debug",
      base: {
        ...(options.sandbox === true ? { mode: "SANDBOX" } : {}),
        pid: process.pid,
        ...(shared ? { process: options.process } : {}),
      },
      timestamp: createTimestamp(),
      formatters: { level: (label) => ({ level: label }), log: withoutSecrets },
      // A thrown string may contain anything, so it is not logged either.
      serializers: { err: asError, error: asError },
      hooks: {
        logMethod(args, method, level) {
          if (level >= least) withoutErrorsAsText.call(this, args, method);
        },
      },
    },
    stream,
  );
  // Children inherit it.
  logger.isLevelEnabled = (level) => rankOf(level) >= least;
  levels.set(logger, (level) => {
    least = rankOf(level);
  });
  const { child } = logger;
  // pino does not pass the bindings of children to its formatter; all children inherit this method.
  logger.child = function withCleanBindings(this: Logger, bindings, options) {
    return child.call(this, withoutSecrets(bindings), options);
  } as typeof child;
  return logger;
}

const levels = new WeakMap<Logger, (level: LogConfig["level"]) => void>();

/** Of this logger and all its children, those there are and those to come. */
export function setLogLevel(logger: Logger, level: LogConfig["level"]): void {
  levels.get(logger)?.(level);
}

/** The higher, the more severe. */
function rankOf(level: string): number {
  return level === "silent" ? Number.POSITIVE_INFINITY : (pino.levels.values[level] ?? 0);
}

/**
 * Waits until every line so far is written, at most 1 s. Before the last line: pino writes a fatal one at once, ahead of
 * those that another thread is writing; and `process.exit` loses what is not yet written.
 */
export async function writeOut(logger: Logger): Promise<void> {
  const limit = new AbortController();
  const written = new Promise<void>((resolve) => logger.flush(() => resolve()));
  const late = pause(lastWriteLimitMs, undefined, { signal: limit.signal }).catch(() => undefined);
  await Promise.race([written, late]);
  limit.abort();
}

/** RFC 3339, formatted once per millisecond: a busy gateway logs many lines in one, and formatting costs more than the rest. */
function createTimestamp(): () => string {
  let writtenAtMs = Number.NaN;
  let text = "";
  return () => {
    const nowMs = Date.now();
    if (nowMs !== writtenAtMs) {
      writtenAtMs = nowMs;
      text = `,"time":"${new Date(nowMs).toISOString()}"`;
    }
    return text;
  };
}

/** Without a message pino takes the error's own, unredacted. */
function withoutErrorsAsText(this: Logger, args: Parameters<LogFn>, method: LogFn): void {
  const [first, text] = args as unknown[];
  const hasError = first instanceof Error || (typeof first === "object" && first !== null && "err" in first);
  if (hasError && text === undefined) method.call(this, first instanceof Error ? { err: first } : first, "error");
  else method.apply(this, args);
}

/** What `withoutSecrets` has described already is not changed. */
function asError(thrown: unknown): unknown {
  return typeof thrown === "object" && thrown !== null && !(thrown instanceof Error) ? thrown : describeError(thrown);
}
