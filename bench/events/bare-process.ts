/**
 * Bare: BullMQ, one queue, jobs added in bulk, a worker that makes the same signed POST over kept-alive connections. It keeps
 * no order, no endpoints, no log of tries, and checks no address.
 */
import { createHmac } from "node:crypto";
import http from "node:http";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { batchEvents, benchEvent, concurrency, type Done, endpoints, type Order } from "./protocol.ts";

const { BENCH_REDIS: url = "", BENCH_RECEIVER: receiver = "" } = process.env;
const connection = () => new Redis(url, { maxRetriesPerRequest: null });
const agent = new http.Agent({ keepAlive: true, maxSockets: concurrency });
const key = Buffer.from("0123456789abcdef0123456789abcdef");

interface Job {
  readonly id: string;
  readonly path: string;
  readonly body: string;
}

function post({ id, path, body }: Job): Promise<void> {
  const timestamp = Math.floor(Date.now() / 1000);
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  const headers = {
    ...{ "content-type": "application/json", "webhook-id": id, "webhook-timestamp": timestamp },
    "webhook-signature": `v1,${signature}`,
  };
  return new Promise((resolve, reject) => {
    const request = http.request(receiver + path, { method: "POST", agent, headers, timeout: 10_000 }, (response) => {
      response.resume();
      response.once("end", () => (response.statusCode === 204 ? resolve() : reject(new Error("refused"))));
    });
    request.once("error", reject);
    request.end(body);
  });
}

const queue = new Queue<Job>("webhooks", { connection: connection() });
const worker = new Worker<Job>("webhooks", ({ data }) => post(data), { connection: connection(), concurrency });
const options = { attempts: 12, backoff: { type: "exponential", delay: 5000 }, removeOnComplete: true };
worker.on("error", (error) => process.stderr.write(`${error.message}\n`));
await worker.waitUntilReady();

let next = 0;
process.on("message", async ({ events }: Order) => {
  for (const last = next + events; next < last; ) {
    const jobs: { name: string; data: Job; opts: typeof options & { jobId: string } }[] = [];
    for (; jobs.length < batchEvents && next < last; next++) {
      const event = benchEvent(next, "app");
      // Idempotent by the event's id, as ours.
      const data = { id: event.id, path: `/${next % endpoints}`, body: JSON.stringify(event) };
      jobs.push({ name: "deliver", data, opts: { ...options, jobId: event.id } });
    }
    await queue.addBulk(jobs);
  }
  process.send?.({ done: events } satisfies Done);
});
process.on("disconnect", () => process.exit());
process.send?.({});
