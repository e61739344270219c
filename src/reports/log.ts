/** The gateway's log: JSON lines. Redaction here is the second line of defence; the first is not to log secrets. */
import { type DestinationStream, destination, type Logger, pino } from "pino";
import type { Config } from "../config/schema.ts";
import { describeError } from "./log-error.ts";

/** Never worth a line, whoever logs them by mistake: at the top and one level down. `err` is written by log-error.ts. */
const secretKeys = [
  "authorization",
  "password",
  "ari_password",
  "hmac_key",
  "api_key",
  "code",
  "guess",
  "caller_id",
  "callerId",
  "callee",
  "to",
  "number",
  "body",
  "req",
];

/** Written at once when this much has gathered, and otherwise within the time below. */
const bufferBytes = 4096;
const flushEveryMs = 100;
/** What may wait while nobody reads our output; more is dropped, because a full pipe must not stop calls. */
const maxWaitingBytes = 8 * 1024 * 1024;

/**
 * @param log section `log` of the configuration
 * @param options `sandbox`: every line says SANDBOX. `stream`: where to write; standard output if left out, without
 * ever blocking the event loop
 */
export function createLogger(
  log: Config["log"],
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
  return pino(
    {
      level: log.level,
      base: options.sandbox === true ? { mode: "SANDBOX", pid: process.pid } : { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError, error: describeError },
      redact: { paths: secretKeys.flatMap((key) => [key, `*.${key}`]), censor: "[redacted]" },
    },
    stream,
  );
}
