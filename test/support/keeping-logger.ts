/** A logger whose lines a test can read. */
import { type Logger, pino } from "pino";

export function keepingLogger(): { readonly logger: Logger; text(): string } {
  let kept = "";
  const write = (line: string) => {
    kept += line;
  };
  return { logger: pino({ level: "debug" }, { write }), text: () => kept };
}
