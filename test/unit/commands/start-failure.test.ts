import { once } from "node:events";
import { createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { describeStartFailure } from "../../../src/commands/start-failure.ts";

async function failureOf(bind: () => Promise<unknown>): Promise<unknown> {
  return bind().then(
    () => {
      throw new Error("could be bound");
    },
    (error) => error,
  );
}

it("says which HTTP port is taken and what to do", async () => {
  const first = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void first.close());
  await once(first, "listening");
  const { port } = first.address() as { port: number };
  const second = createServer();
  const error = await failureOf(() => once(second.listen(port, "127.0.0.1"), "listening"));
  expect(describeStartFailure(error)).toBe(
    `127.0.0.1:${port} is in use by another process; stop it, or set another http.port`,
  );
});

it("says that an address is not of this machine", async () => {
  const error = await failureOf(() => once(createServer().listen(0, "192.0.2.1"), "listening"));
  expect(describeStartFailure(error)).toBe("192.0.2.1 is not an address of this machine; set http.host to one that is");
});

it("keeps the message of any other failure", () => {
  expect(describeStartFailure(new Error("two apps share a key"))).toBe("two apps share a key");
});
