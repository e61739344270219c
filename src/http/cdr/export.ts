/** Streams an export: one page of records at a time, as fast as the client reads. */
import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { exportCdrs } from "../../cdr/export.ts";
import { type ExportFormat, writers } from "../../cdr/representation.ts";
import type { CdrFilter, CdrStore } from "../../cdr/store-port.ts";
import { Refusal } from "../../shared/refusal.ts";

/** Each holds a page in memory and keeps the records busy. */
const maxExports = 4;
const againMs = 10_000;

export interface Exports {
  /** @throws {Refusal} where too many run, or the records are away */
  send(reply: FastifyReply, filter: CdrFilter, format: ExportFormat): Promise<FastifyReply>;
  /** The gateway stops: what runs is broken off, so that its clients see that it is not whole. */
  stop(): void;
}

/** Of one gateway; all its exports count together. */
export function createExports(store: Pick<CdrStore, "page">): Exports {
  let running = 0;
  let stopped = false;

  async function send(reply: FastifyReply, filter: CdrFilter, format: ExportFormat): Promise<FastifyReply> {
    if (running >= maxExports) {
      throw new Refusal("rate_limited", `${maxExports} exports are running on this gateway; try again later.`, againMs);
    }
    running++;
    const pieces = exportCdrs(store, filter, format);
    async function* texts(first: IteratorResult<{ readonly text: string }, void>) {
      try {
        for (let next = first; next.done !== true; next = await pieces.next()) {
          if (stopped) throw new Error("the gateway is stopping: the export was broken off");
          yield next.value.text;
        }
      } finally {
        running--;
      }
    }
    // The first page decides whether there is an answer: later a failure can only break the connection.
    const first = await pieces.next().catch((error: unknown) => {
      running--;
      throw error;
    });
    reply
      .header("content-type", writers[format].contentType)
      .header("content-disposition", `attachment; filename="cdrs.${format}"`);
    return reply.send(Readable.from(texts(first), { objectMode: false, highWaterMark: 1 }));
  }

  return {
    send,
    stop() {
      stopped = true;
    },
  };
}
