/** A closed loop of POSTs over kept connections, as many as are asked for. */
import autocannon from "autocannon";

export interface HttpLoad {
  readonly url: string;
  readonly apiKey: string;
  readonly connections: number;
  readonly requests: number;
  /** Path and body of the next request. */
  next(): { readonly path: string; readonly body: string };
}

/** @throws where any answer was not 2xx: then it was not the work that is compared */
export async function loadHttp(load: HttpLoad): Promise<{ perSecond: number; p99Ms: number }> {
  const options: autocannon.Options = {
    url: load.url,
    connections: load.connections,
    amount: load.requests,
    requests: [
      {
        method: "POST",
        headers: { authorization: `Bearer ${load.apiKey}`, "content-type": "application/json" },
        setupRequest: (request) => ({ ...request, ...load.next() }),
      },
    ],
  };
  const startedMs = performance.now();
  // autocannon itself only looks once a second whether it is done.
  let lastMs = startedMs;
  const statuses = new Map<number, number>();
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const run = autocannon(options, (error: unknown, done) => (error ? reject(error) : resolve(done)));
    run.on("response", (_client, status) => {
      lastMs = performance.now();
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    });
  });
  const failed = result.non2xx + result.errors + result.timeouts;
  if (failed > 0) {
    const seen = [...statuses].map(([status, count]) => `${count} × ${status}`).join(", ");
    throw new Error(`${failed} of ${load.requests} requests to ${load.url} failed; answers: ${seen}`);
  }
  return { perSecond: (load.requests * 1000) / (lastMs - startedMs), p99Ms: result.latency.p99 };
}
