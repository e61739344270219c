/** The events of a gateway that answers otherwise than it should, or not at all. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { followNumberEvents } from "../../../../../src/numbers/cleaning/database/number-events.ts";

let server: Server;
let stop: AbortController;
let notes: string[];
let requests: number;
let answer: RequestListener;

beforeEach(async () => {
  stop = new AbortController();
  [notes, requests] = [[], 0];
  server = createServer((request, response) => {
    requests++;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  stop.abort();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const urlOf = ({ port }: AddressInfo) => `http://127.0.0.1:${port}`;
function follow(gateway = urlOf(server.address() as AddressInfo)) {
  const note = (text: string) => void notes.push(text);
  const common = { key: "key", lastEventId: null, settleMs: 0, againMs: 1 };
  return followNumberEvents({ gateway, ...common, note, signal: stop.signal });
}
const says =
  (status: number, type = "application/problem+json"): RequestListener =>
  (_, response) =>
    response.writeHead(status, { "content-type": type }).end("<p>one</p>\n\n");
const away = (why: string) => `the gateway's events cannot be read (${why}); trying again`;

test("a gateway that answers 503 is noted once, and again once events came between", async () => {
  answer = says(503);
  follow();
  await expect.poll(() => requests).toBeGreaterThan(3);
  expect(notes).toEqual([away("HTTP 503")]);
  answer = (_, response) => response.writeHead(200, { "content-type": "text/event-stream" }).end("id: 5-0\n\n");
  const before = requests;
  await expect.poll(() => requests).toBeGreaterThan(before + 2);
  expect(notes).toHaveLength(1);
  answer = says(502);
  await expect.poll(() => notes).toEqual([away("HTTP 503"), away("HTTP 502")]);
});

test("a gateway that does not answer is noted", async () => {
  const gateway = urlOf(server.address() as AddressInfo);
  await new Promise((resolve) => server.close(resolve));
  follow(gateway);
  await expect.poll(() => notes).toEqual([expect.stringMatching(/cannot be read \(connect ECONNREFUSED 127\.0\.0\.1/)]);
});

test("a page that is no stream of events is noted, not read", async () => {
  answer = says(200, "text/html");
  follow();
  await expect.poll(() => requests).toBeGreaterThan(2);
  expect(notes).toEqual([away("HTTP 200 without a stream of events")]);
});

test("an address that has no events ends the watch, unless it had some before", async () => {
  answer = says(404);
  const wrong = follow();
  const refusal = () => {
    try {
      return wrong.waiting().numbers;
    } catch (error) {
      return (error as Error).message;
    }
  };
  await expect
    .poll(refusal)
    .toEqual(expect.stringMatching(/^127.*:\d+ has no events \(HTTP 404\): is --gateway right\?$/));
  expect(notes).toEqual([]);
  answer = (_, response) => {
    answer = says(404);
    response.writeHead(200, { "content-type": "text/event-stream" }).end("id: 5-0\n\n");
  };
  const right = follow();
  await expect.poll(() => notes).toEqual([away("HTTP 404")]);
  expect(right.waiting().numbers).toEqual([]);
});
