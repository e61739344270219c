import { fastify } from "fastify";
import { expect, it } from "vitest";
import { holdUntil } from "../../../src/http/server/hold.ts";

it("a request that comes before the gateway is connected waits: a restarted gateway refused it with 503", async () => {
  let connect = () => {};
  const started = new Promise<void>((resolve) => {
    connect = resolve;
  });
  let connected = false;
  const server = fastify();
  await server.register(async (scope) => {
    holdUntil(scope, started);
    scope.get("/v1", async () => ({ connected }));
  });
  server.get("/readyz", async () => ({ connected }));
  const early = server.inject("/v1");
  expect((await server.inject("/readyz")).json()).toEqual({ connected: false });
  connected = true;
  connect();
  expect((await early).json()).toEqual({ connected: true });
  expect((await server.inject("/v1")).json()).toEqual({ connected: true });
  await server.close();
});
