/** Looks a list of numbers up, and writes each answer as it is known. */
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { LookupResult } from "../../numbers/lookup/types.ts";
import { numberBody } from "./representation.ts";

/** The event loop belongs to others after this time, among them the timers that end calls. */
const sliceMs = 4;
/** Numbers of one list whose parts (network, health) are asked at the same time. */
const maxInProgress = 25;

/** What surrounds the answers. */
interface Form {
  readonly contentType: string;
  readonly begin: string;
  readonly between: string;
  readonly end: string;
}

const json: Form = {
  ...{ contentType: "application/json; charset=utf-8", begin: '{"numbers":[', between: ",", end: "]}" },
};
const ndjson: Form = {
  ...{ contentType: "application/x-ndjson; charset=utf-8", begin: "", between: "\n", end: "\n" },
};

/** What the client accepts: NDJSON where it says so (RFC 9110 §12.5.1), else JSON. */
export function formOf(accept: string | undefined): Form {
  const types = (accept ?? "").slice(0, 500).split(",");
  return types.some((one) => /^\s*application\/x-ndjson\s*(;(?!\s*q=0(\.0*)?\s*$)|$)/i.test(one)) ? ndjson : json;
}

/**
 * A body that is made while the client reads it: nothing is looked up ahead of that, and nothing once the client has gone.
 * @param look of one number; a failure breaks the answer off, so that the client sees that it is not whole
 */
export function listBody(
  numbers: readonly string[],
  look: (number: string) => Promise<LookupResult>,
  form: Form,
): Readable {
  return Readable.from(texts(numbers, look, form), { objectMode: false, highWaterMark: 1 });
}

async function* texts(
  numbers: readonly string[],
  look: (number: string) => Promise<LookupResult>,
  { begin, between, end }: Form,
): AsyncGenerator<string> {
  let before = begin;
  for (let at = 0; at < numbers.length; ) {
    const sinceMs = performance.now();
    const pending: Promise<LookupResult>[] = [];
    for (const number of numbers.slice(at, at + maxInProgress)) {
      pending.push(look(number));
      if (performance.now() - sinceMs >= sliceMs) break;
    }
    at += pending.length;
    const answers = (await Promise.all(pending)).map((result) => JSON.stringify(numberBody(result)));
    yield before + answers.join(between);
    before = between;
    await nextTurn();
  }
  yield end;
}
