import { fastify } from "fastify";
import { expect, it } from "vitest";
import { compileWhenUsed } from "../../../src/http/server/compile-when-used.ts";

it("compiles the schemas of the usual routes when the server listens, and those of others when they are asked", async () => {
  const validated: unknown[] = [];
  const schemas = compileWhenUsed();
  const keyword = { keyword: "noted", compile: () => (data: unknown) => validated.push(data) > 0 };
  const server = fastify({
    ajv: { customOptions: { keywords: [keyword] } },
    schemaController: { compilersFactory: schemas.compilersFactory },
  });
  schemas.watch(server);
  const bodyOf = (name: string) => ({ type: "object", noted: true, examples: [{ name }] });
  const answer = async () => ({});
  server.post("/usual", { schema: { body: bodyOf("usual") }, config: { atStart: true } }, answer);
  server.post("/seldom", { schema: { body: bodyOf("seldom") } }, answer);
  await server.ready();
  expect(validated).toEqual([]);

  await server.listen({ host: "127.0.0.1", port: 0 });
  await expect.poll(() => validated).toEqual([{ name: "usual" }]);
  for (const url of ["/seldom", "/usual"]) await server.inject({ method: "POST", url, payload: { asked: url } });
  expect(validated.slice(1)).toEqual([{ asked: "/seldom" }, { asked: "/usual" }]);
  await server.close();
});
