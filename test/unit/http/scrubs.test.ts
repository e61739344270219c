/** Uploads of lists on real connections. */
import { once } from "node:events";
import { connect } from "node:net";
import { expect, it } from "vitest";
import type { Scrubs } from "../../../src/numbers/scrubs/ports.ts";
import type { Scrub } from "../../../src/numbers/scrubs/types.ts";
import { listening } from "./raw-sockets.ts";
import { key } from "./support.ts";

const id = `scr_${"a".repeat(32)}`;
const list: Scrub = {
  ...{ id, app: "shop", name: "", state: "uploading", bytes: 0, createdAtMs: 0, endedAtMs: null, expiresAtMs: null },
  options: { column: null, country: null, format: null, header: null, keepLandlines: false },
  ...{ found: null, progress: { rows: 0, share: null }, summary: null, problem: null, published: false },
};

it("a piece is held in memory while it comes, so one of a list comes at a time", async () => {
  const scrubs = {
    find: (app: string, one: string) => (app === "shop" && one === id ? list : null),
    append: async () => list,
  } as unknown as Scrubs;
  const { port } = await listening({ scrubs });
  const url = `http://127.0.0.1:${port}/v1/scrubs/${id}/list?offset=0`;
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/octet-stream" };
  const put = async (to = url) => (await fetch(to, { method: "PUT", headers, body: "x" })).status;

  const slow = connect(port, "127.0.0.1");
  slow.on("error", () => undefined);
  const head = `PUT /v1/scrubs/${id}/list?offset=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n`;
  slow.write(`${head}Content-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\nx`);
  await expect.poll(() => put()).toBe(409);
  expect(await put()).toBe(409);
  expect(await put(url.replace("scr_a", "scr_b"))).toBe(404);

  slow.destroy();
  await once(slow, "close");
  await expect.poll(() => put()).toBe(200);
  for (let piece = 0; piece < 20; piece++) expect(await put()).toBe(200);
});
