/** The gateway's log: JSON lines. Redaction here is the second line of defence; the first is not to log secrets. */
import { type DestinationStream, destination, type LogFn, type Logger, pino } from "pino";
import type { LogConfig } from "./config.ts";
import { describeError } from "./log-error.ts";
import { withoutSecrets } from "./redaction.ts";

/**
 * Written at once when this much has gathered, and otherwise within the time below. Just under the 16 KiB that are
 * written in one go: each write wakes another thread, which at 4 KiB was 7 % of the gateway's CPU under load.
 */
const bufferBytes = 16_000;
const flushEveryMs = 100;
/** What may wait while nobody reads our output; more is dropped, because a full pipe must not stop calls. */
const maxWaitingBytes = 8 * 1024 * 1024;

/**
 * @param log section `log` of the configuration
 * @param options `sandbox`: every line says SANDBOX. `stream`: where to write; standard output if left out, without
 * ever blocking the event loop
 */
export function createLogger(
  log: LogConfig,
  options: { readonly sandbox?: boolean; readonly stream?: DestinationStream } = {},
): Logger {
  const stream =
    options.stream ??
    destination({
      dest: 1,
      sync: false,
      minLength: bufferBytes,
      periodicFlush: flushEveryMs,
      maxLength: maxWaitingBytes,
    });
  const logger = pino(
    {
      level: log.level,
      base: options.sandbox === true ? { mode: "SANDBOX", pid: process.pid } : { pid: process.pid },
      timestamp: createTimestamp(),
      formatters: { level: (label) => ({ level: label }), log: withoutSecrets },
      // A thrown text may be anything, so it is not shown either.
      serializers: { err: asError, error: asError },
      hooks: { logMethod: withoutErrorsAsText },
    },
    stream,
  );
  const { child } = logger;
  // pino formats no bindings of children; this one is inherited by all of them.
  logger.child = function withCleanBindings(this: Logger, bindings, options) {
    return child.call(this, withoutSecrets(bindings), options);
  } as typeof child;
  return logger;
}

/** RFC 3339, written once a millisecond: busy gateways log many lines in one, and writing a time costs more than the rest. */
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

/** Without a text of its own pino makes one of the error's message, as it is. */
function withoutErrorsAsText(this: Logger, args: Parameters<LogFn>, method: LogFn): void {
  const [first, text] = args as unknown[];
  const hasError = first instanceof Error || (typeof first === "object" && first !== null && "err" in first);
  if (hasError && text === undefined) method.call(this, first instanceof Error ? { err: first } : first, "error");
  else method.apply(this, args);
}

/** What the formatter described before stays as it is. */
function asError(thrown: unknown): unknown {
  return typeof thrown === "object" && thrown !== null && !(thrown instanceof Error) ? thrown : describeError(thrown);
}
