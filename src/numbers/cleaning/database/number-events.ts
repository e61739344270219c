/**
 * Numbers that the gateway may have found dead: a delivery of an ended verification says that no network knows its number. Read
 * from the app's event stream (docs/live-events.md); whether it is confirmed is asked of the lookup, which knows number health.
 */
import { setTimeout as wait } from "node:timers/promises";
import { TableError } from "./ports.ts";

/** Why such a row is rejected: the code with which the gateway refuses to contact it. */
export const inactive = "number_inactive";

export interface NumberEvents {
  /**
   * Numbers that are to be looked at, and the stream's position behind them; the same again until `done`.
   * @throws {TableError} where the key is refused, or the address is not a gateway's
   */
  waiting(): { readonly numbers: readonly string[]; readonly lastEventId: string | null };
  /** Those of the last `waiting` were looked at. */
  done(): void;
  /** Of these, the ones that the gateway calls unallocated. @throws {Error} where it does not answer */
  confirmed(numbers: readonly string[]): Promise<readonly string[]>;
}

export interface NumberEventsOptions {
  /** Address of the gateway. */
  readonly gateway: string;
  readonly key: string;
  readonly lastEventId: string | null;
  /** Number health is written within a second or so of an event: as long it is waited before it is asked, ms. */
  readonly settleMs: number;
  /** Between two tries to read, ms; left out: 3 s. */
  readonly againMs?: number;
  /** Gets a line where events may be missing, and one where they cannot be read, until one is read again. */
  note(text: string): void;
  readonly signal: AbortSignal;
}

/** So many wait; the stream is read on when they were taken. */
const mostWaiting = 1000;
/** Heartbeats come every 10 s. */
const silentMs = 30_000;
const usualAgainMs = 3000;
const lookupDeadlineMs = 10_000;
/** An event has some KB. */
const longestBlock = 1024 * 1024;

interface EndedEvent {
  readonly data: { readonly to?: string; readonly test?: boolean; readonly deliveries?: readonly Delivery[] };
}
interface Delivery {
  readonly to?: string;
  readonly reason?: string | null;
}

export function followNumberEvents({
  gateway,
  key,
  lastEventId,
  settleMs,
  againMs = usualAgainMs,
  note,
  signal,
}: NumberEventsOptions): NumberEvents {
  const headers = { authorization: `Bearer ${key}` };
  const waiting: { readonly numbers: readonly string[]; readonly id: string | null; readonly atMs: number }[] = [];
  let position = lastEventId;
  let doneId = lastEventId;
  let given = 0;
  let refused: TableError | null = null;
  let isAway = false;
  let wasRead = false;

  function away(why: string): void {
    if (!isAway && !signal.aborted) note(`the gateway's events cannot be read (${why}); trying again`);
    isAway = true;
  }
  function receive(block: string): void {
    const fields = new Map(
      block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]),
    );
    const data = fields.get("data");
    if (fields.get("event") === "stream.gap") note("events may be missing: the stream was left for too long");
    position = fields.get("id") ?? position;
    const numbers =
      data === undefined || fields.get("event") !== "verification.ended"
        ? []
        : unallocatedOf(JSON.parse(data) as EndedEvent);
    if (numbers.length > 0) waiting.push({ numbers, id: position, atMs: performance.now() });
    isAway = false;
    wasRead = true;
  }
  async function read(): Promise<void> {
    const silent = new AbortController();
    const fallSilent = () => silent.abort(new Error(`nothing came for ${silentMs / 1000} s`));
    let timer = setTimeout(fallSilent, silentMs);
    try {
      const url = new URL("/v1/events?types=verification.ended", gateway);
      const from = position === null ? {} : { "last-event-id": position };
      const response = await fetch(url, {
        headers: { ...headers, ...from },
        signal: AbortSignal.any([signal, silent.signal]),
      });
      if (response.status === 401 || response.status === 403) {
        refused = new TableError(
          `the gateway refuses the key for events (HTTP ${response.status}): it needs the scopes read and lookup`,
        );
      }
      // Later it is a load balancer's, while the gateway is away.
      if (response.status === 404 && !wasRead) {
        refused = new TableError(`${url.host} has no events (HTTP 404): is --gateway right?`);
      }
      const type = response.headers.get("content-type") ?? "";
      if (!response.ok || response.body === null || !type.startsWith("text/event-stream")) {
        await response.body?.cancel();
        if (refused === null) away(`HTTP ${response.status}${response.ok ? " without a stream of events" : ""}`);
        return;
      }
      let rest = "";
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        clearTimeout(timer);
        const blocks = (rest + text).split("\n\n");
        rest = blocks.pop() ?? "";
        if (rest.length > longestBlock) throw new Error("an event has more than 1 MiB");
        for (const block of blocks) receive(block);
        while (waiting.length >= mostWaiting) await wait(100, undefined, { signal });
        timer = setTimeout(fallSilent, silentMs);
      }
    } finally {
      clearTimeout(timer);
    }
  }
  async function follow(): Promise<void> {
    while (!signal.aborted && refused === null) {
      await read().catch((error) => away(reasonOf(error)));
      await wait(againMs, undefined, { signal }).catch(() => undefined);
    }
  }
  void follow();
  return {
    waiting() {
      if (refused !== null) throw refused;
      const nowMs = performance.now();
      const old = waiting.filter(({ atMs }) => nowMs - atMs >= settleMs);
      given = old.length;
      const id = waiting.length === 0 ? position : (old.at(-1)?.id ?? doneId);
      return { numbers: [...new Set(old.flatMap(({ numbers }) => numbers))], lastEventId: id };
    },
    done() {
      doneId = waiting.splice(0, given).at(-1)?.id ?? doneId;
      given = 0;
    },
    async confirmed(numbers) {
      const dead: string[] = [];
      for (const number of numbers) {
        const response = await fetch(new URL("/v1/numbers/lookup", gateway), {
          method: "POST",
          headers: { ...headers, "content-type": "application/json" },
          body: JSON.stringify({ number }),
          signal: AbortSignal.any([signal, AbortSignal.timeout(lookupDeadlineMs)]),
        });
        if (!response.ok) throw new Error(`lookup: HTTP ${response.status}`);
        const answer = (await response.json()) as { health?: { state?: string } | null };
        if (answer.health?.state === "unallocated") dead.push(number);
      }
      return dead;
    },
  };
}

/** What `fetch` throws says why in its cause; that has no message where a name has several addresses. */
function reasonOf(error: Error): string {
  const { message, code } = (error.cause ?? error) as NodeJS.ErrnoException;
  return message || (code ?? error.message);
}

function unallocatedOf({ data }: EndedEvent): readonly string[] {
  if (data.test === true) return [];
  const found = (data.deliveries ?? []).filter(({ reason }) => reason === "unallocated");
  return found.map(({ to }) => to ?? data.to ?? "").filter((to) => to.startsWith("+"));
}

/** How a number may be written in a column: E.164, digits alone, with 00. Others are found once the column is normalised. */
export function spellings(e164: string): readonly string[] {
  const digits = e164.slice(1);
  return [e164, digits, `00${digits}`];
}
