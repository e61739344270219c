import { connect } from "node:net";
import { expect, test } from "vitest";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();

/** Sends one inline command. @returns Redis's first answer */
function redis(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(`${command}\r\n`));
    socket.setTimeout(2000, () => socket.destroy(new Error("no answer")));
    socket.once("error", reject);
    socket.once("data", (data) => {
      socket.destroy();
      resolve(data.toString());
    });
  });
}

test("Redis starts empty on loopback and keeps nothing on disk", async () => {
  const server = await runtime.redis();
  expect(await redis(server.port, "DBSIZE")).toBe(":0\r\n");
  expect(await redis(server.port, "CONFIG GET save")).toContain("$0");
  expect(await redis(server.port, "CONFIG GET bind")).toContain("127.0.0.1");
});

test("Redis comes back on the same port after a stop and after a crash, empty", async () => {
  const first = await runtime.redis();
  await redis(first.port, "SET a 1");
  await first.stop();
  await expect(redis(first.port, "PING")).rejects.toThrow();
  const second = await runtime.redis({ port: first.port });
  expect(await redis(first.port, "DBSIZE")).toBe(":0\r\n");
  await second.kill();
  const third = await runtime.redis({ port: first.port });
  expect(third.pid).not.toBe(second.pid);
  expect(await redis(first.port, "PING")).toBe("+PONG\r\n");
});

test("a port that is taken is an error that says so", async () => {
  const server = await runtime.redis();
  await expect(runtime.redis({ port: server.port })).rejects.toThrow(/Address already in use|bind/);
});
