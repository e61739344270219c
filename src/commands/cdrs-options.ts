/** The options of `onering cdrs`. */
import { momentInWords, readMoment } from "../cdr/moment.ts";
import { exportFormats } from "../cdr/representation.ts";
import type { CdrsOptions } from "./cdrs.ts";

/** @returns what is wrong with them, for the command line */
export function readExportOptions(given: {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly app: string | undefined;
  readonly format: string;
  readonly out: string | undefined;
}): CdrsOptions | { readonly wrong: string } {
  const { from, to, app, out } = given;
  const format = exportFormats.find((one) => one === given.format);
  if (format === undefined)
    return { wrong: `--format must be ${exportFormats.join(" or ")}, not ${JSON.stringify(given.format)}` };
  const [fromMs, toMs] = [from, to].map((text) => (text === undefined ? undefined : readMoment(text)));
  if (fromMs === null) return wrongTime("from", from);
  if (toMs === null) return wrongTime("to", to);
  const filter = {
    ...(app !== undefined && { app }),
    ...(fromMs !== undefined && { fromMs }),
    ...(toMs !== undefined && { toMs }),
  };
  return { filter, format, out: out ?? null };
}

function wrongTime(name: string, text: string | undefined) {
  return { wrong: `--${name} must be ${momentInWords}, not ${JSON.stringify(text)}` };
}
