import { createServer } from "node:net";
import { expect, it, vi } from "vitest";
import { freePort } from "../../../src/local/process/free-port.ts";

it("gives no port twice: Asterisk found the port of its AMI taken by another of its own", async () => {
  const drawn = new Set<number>();
  for (let i = 0; i < 500; i++) drawn.add(await freePort("tcp"));
  expect(drawn.size).toBe(500);
});

it("gives no port on which somebody listens", async () => {
  const next = (await freePort("tcp")) + 1;
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(next, "127.0.0.1", resolve);
  });
  expect(await freePort("udp", "tcp")).not.toBe(next);
  server.close();
});

it("gives no port that another drawer is given at the same time: two workers drew the same ones in step", async () => {
  // As in two processes that begin at the same place.
  const anew = async () => {
    vi.resetModules();
    return await import("../../../src/local/process/free-port.ts");
  };
  const [one, other] = [await anew(), await anew()];
  const drawn: number[] = [];
  for (let i = 0; i < 50; i++) drawn.push(await one.freePort("tcp"), await other.freePort("tcp"));
  expect(new Set(drawn).size).toBe(100);
});
