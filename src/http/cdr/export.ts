/** Streams an export: one page of records at a time, as fast as the client reads. */
import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { exportCdrs } from "../../cdr/export.ts";
import { type ExportFormat, writers } from "../../cdr/representation.ts";
import type { CdrFilter, CdrStore } from "../../cdr/store-port.ts";
import { Refusal } from "../../shared/refusal.ts";
import { ownerOf } from "../server/at-once.ts";

/** Each holds a page in memory and keeps the records busy. */
const maxExports = 4;
/** So that one app, or one operator, whose clients read slowly leaves some to the others. */
const maxExportsOfOne = 2;
const againMs = 10_000;

export interface Exports {
  /**
   * To the app or the operator of the reply's request.
   * @throws {Refusal} where too many run, or the records are away
   */
  send(reply: FastifyReply, filter: CdrFilter, format: ExportFormat): Promise<FastifyReply>;
  /** The gateway stops: what runs is broken off, so that its clients see that it is not whole. */
  stop(): void;
}

/** Of one gateway; all its exports count together. */
export function createExports(store: Pick<CdrStore, "page">): Exports {
  const runningOf = new Map<string, number>();
  let running = 0;
  let stopped = false;

  async function send(reply: FastifyReply, filter: CdrFilter, format: ExportFormat): Promise<FastifyReply> {
    if (running >= maxExports) {
      throw new Refusal("rate_limited", `${maxExports} exports are running on this gateway; try again later.`, againMs);
    }
    const owner = ownerOf(reply.request);
    const ofOwner = runningOf.get(owner) ?? 0;
    if (ofOwner >= maxExportsOfOne) {
      throw new Refusal(
        "rate_limited",
        `${ofOwner} exports of yours are running on this gateway; wait for one.`,
        againMs,
      );
    }
    running++;
    runningOf.set(owner, ofOwner + 1);
    let hasEnded = false;
    const end = () => {
      if (hasEnded) return;
      hasEnded = true;
      running--;
      const left = (runningOf.get(owner) ?? 1) - 1;
      if (left > 0) runningOf.set(owner, left);
      else runningOf.delete(owner);
    };
    const pieces = exportCdrs(store, filter, format);
    async function* texts(first: IteratorResult<{ readonly text: string }, void>) {
      for (let next = first; next.done !== true; next = await pieces.next()) {
        if (stopped) throw new Error("the gateway is stopping: the export was broken off");
        yield next.value.text;
      }
    }
    // The first page decides whether there is an answer: later a failure can only break the connection.
    const first = await pieces.next().catch((error: unknown) => {
      end();
      throw error;
    });
    reply
      .header("content-type", writers[format].contentType)
      .header("content-disposition", `attachment; filename="cdrs.${format}"`);
    if (reply.raw.destroyed) {
      end();
      return reply.hijack();
    }
    const body = Readable.from(texts(first), { objectMode: false, highWaterMark: 1 });
    // Not `finally` in the generator: one that never began, because the client went away, does not run it.
    body.once("close", end);
    return reply.send(body);
  }

  return {
    send,
    stop() {
      stopped = true;
    },
  };
}
