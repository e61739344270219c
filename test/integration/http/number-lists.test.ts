/** Lists of numbers through a real HTTP server: over sockets, with clients that read slowly or leave. */
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { createLookup } from "../../../src/numbers/lookup/lookup.ts";
import type { Lookup } from "../../../src/numbers/lookup/ports.ts";
import { createNumbers } from "../../../src/numbers/numbers.ts";
import { key, testServer } from "../../unit/http/support.ts";

const numbers = createNumbers({
  ...{ allowed_countries: [], denied_countries: [], denied_prefixes: [], fixed_line_or_mobile: "allow" },
});

async function listening(lookup: Lookup) {
  const { server } = await testServer({ numbers, lookup });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${url}/v1/numbers/lookup`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  return { port, post };
}

/** Half of them with a typing error, which costs the most. */
const thousand = Array.from({ length: 1000 }, (_, n) =>
  n % 2 === 0 ? `+44 7400 ${String(100_000 + n)}` : `+44 44 07400 ${String(100_000 + n)}`,
);

test("a thousand numbers are answered while other requests go on", async () => {
  const { post } = await listening(createLookup({ numbers }));
  let isWhole = false;
  const list = post({ numbers: thousand }, { accept: "application/x-ndjson" })
    .then((answer) => answer.text())
    .finally(() => {
      isWhole = true;
    });
  const others = Array.from({ length: 10 }, async () => {
    const { status } = await post({ number: "+447400123456" });
    return { status, isWhole };
  });
  expect(await Promise.all(others)).toEqual(Array(10).fill({ status: 200, isWhole: false }));
  const text = await list;
  const answers = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(answers).toHaveLength(1000);
  expect(answers[0]).toMatchObject({ number: "+447400100000", callable: true });
  expect(answers[999]).toMatchObject({
    callable: false,
    suggestions: [{ number: "+447400100999", reason: "doubled_country_code" }],
  });
});

/** A lookup whose work is counted, with answers as large as those of few numbers. */
function counting() {
  let looked = 0;
  const lookup = createLookup({ numbers });
  const large = "x".repeat(60_000);
  const counted: Lookup = {
    ...lookup,
    async look(ask) {
      looked++;
      return { ...lookup.known(ask), message: large };
    },
  };
  return { lookup: counted, looked: () => looked };
}

/** A client that sends the list and reads nothing. */
async function idleClient(port: number) {
  const socket = connect({ port, host: "127.0.0.1" });
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  socket.pause();
  const body = JSON.stringify({ numbers: thousand });
  socket.write(
    `POST /v1/numbers/lookup HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  return socket;
}

/** Resolves with a count that stayed the same for a while. */
async function settled(count: () => number): Promise<number> {
  let before = -1;
  await vi.waitFor(
    () => {
      const now = count();
      const same = now > 0 && now === before;
      before = now;
      if (!same) throw new Error("it still changes");
    },
    { interval: 150, timeout: 5000 },
  );
  return count();
}

test("nothing is looked up ahead of what the client reads", async () => {
  const { lookup, looked } = counting();
  const { port } = await listening(lookup);
  const socket = await idleClient(port);
  const whileIdle = await settled(looked);
  expect(whileIdle).toBeLessThan(500);
  socket.resume();
  await vi.waitFor(() => expect(looked()).toBe(1000), { timeout: 20_000 });
});

test("nothing more is looked up for a client that has gone", async () => {
  const { lookup, looked } = counting();
  const { port } = await listening(lookup);
  const socket = await idleClient(port);
  const whileIdle = await settled(looked);
  socket.destroy();
  expect(await settled(looked)).toBeLessThan(whileIdle + 60);
});
