/** A gateway without telephony, its routes, and what a request to each of them needs. */
import path from "node:path";
import { pino } from "pino";
import { buildApp } from "../../../src/app.ts";
import { resolveConfig } from "../../../src/config/load.ts";
import { fuzzedDocument, keys, scratchRecords } from "../../fuzz/gateway.ts";
import { memoryChannel, memoryProvider } from "../../support/memory-provider.ts";
import { type ServedRoute, watchRoutes } from "./routes.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Of a stream: none, it is left when its headers are there. */
  readonly text: string;
}

/** What a path's parameters name: something of the app `shop`, made for this one request. */
export interface Target {
  readonly parameters: Readonly<Record<string, string>>;
  readonly to: string;
}

export type SecurityWorld = Awaited<ReturnType<typeof startSecurityWorld>>;

export async function startSecurityWorld(redisUrl: string, more: Readonly<Record<string, unknown>> = {}) {
  const records = await scratchRecords();
  const routesOf = watchRoutes();
  const [provider, second] = [memoryProvider(), memoryProvider()];
  const scrubs = { folder: path.join(records.folder, "lists"), per_app: 1000 };
  const config = resolveConfig({
    name: "test",
    document: fuzzedDocument(redisUrl, records.url, { scrubs, ...more }),
    env: {},
  });
  const gateway = await buildApp(config, {
    logger: pino({ level: "silent" }),
    extraMessageChannels: [memoryChannel(provider), memoryChannel(second, "second")],
  });
  const routes = routesOf();
  const { url } = await gateway.start();
  let [callee, app] = [0, 0];

  async function ask(method: string, path: string, authorization: string | null, body?: unknown): Promise<Answer> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), 10_000);
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(authorization !== null && { authorization }),
        ...(body !== undefined && {
          "content-type": body instanceof Uint8Array ? "application/octet-stream" : "application/json",
        }),
      },
      ...(body !== undefined && { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
      redirect: "manual",
      signal: abort.signal,
    });
    const headers = Object.fromEntries(response.headers);
    const isStream = headers["content-type"]?.startsWith("text/event-stream") === true;
    const text = isStream ? "" : await response.text();
    clearTimeout(timer);
    if (isStream) abort.abort();
    return { status: response.status, headers, text };
  }

  const as = { shop: `Bearer ${keys.shop}`, bank: `Bearer ${keys.bank}`, operator: `Bearer ${keys.operator}` };
  const made = async (path: string, who: string, body: object) => {
    const answer = await ask("POST", path, who, body);
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
    return JSON.parse(answer.text) as Record<string, string>;
  };
  /** A callee that no request named before. */
  const nextCallee = () => `+4474003${String(callee++).padStart(5, "0")}`;

  /** A start token of `shop`: it is used up by a start. */
  const startToken = async () => `Bearer ${(await made("/v1/start-tokens", as.shop, {})).token}`;
  /** The client token of a verification of `shop`, which a start answers. */
  const clientTokens = new Map<string, string>();

  async function started(to: string): Promise<string> {
    const { id = "", token = "" } = await made("/v1/verifications", as.shop, { to, channel: "memory" });
    clientTokens.set(id, token);
    // Until its message is sent no other delivery begins.
    for (let step = ""; step !== "sent"; ) {
      step = JSON.parse((await ask("GET", `/v1/verifications/${id}`, as.shop)).text).delivery.state;
    }
    return id;
  }

  const nextApp = () => `app-${app++}`;

  /** A key of `shop` that the API made. @returns its header, and its id */
  async function keyOf(scopes: readonly string[], expiresAt: string | null = null) {
    const { id = "", key } = await made("/v1/admin/apps/shop/keys", as.operator, { scopes, expires_at: expiresAt });
    return { id, authorization: `Bearer ${key}` };
  }

  /** What the parameters of a path name, by the path before them. A new kind of thing needs a line here. */
  const makers: readonly (readonly [prefix: string, (to: string) => Promise<Target["parameters"]>])[] = [
    ["/v1/verifications/:id", async (to) => ({ id: await started(to) })],
    [
      "/v1/webhooks/:id",
      async () => ({ id: (await made("/v1/webhooks", as.shop, { url: "http://127.0.0.1:9/hook" })).id ?? "" }),
    ],
    [
      "/o/:token",
      async (to) => ({ token: (await made("/v1/opt-outs/link", as.shop, { to })).url?.split("/").at(-1) ?? "" }),
    ],
    [
      "/v1/scrubs/:id",
      async () => {
        const { id = "" } = await made("/v1/scrubs", as.shop, { column: "phone" });
        await ask("PUT", `/v1/scrubs/${id}/list?offset=0`, as.shop, piece);
        return { id, file: "summary.json" };
      },
    ],
    ["/v1/lists/:id", async (to) => ({ id: (await made("/v1/lists", as.shop, { value: to })).id ?? "" })],
    [
      "/v1/admin/lists/:id",
      async (to) => ({ id: (await made("/v1/admin/lists", as.operator, { list: "block", value: to })).id ?? "" }),
    ],
    ["/v1/admin/trunks/:name", async () => ({ name: "a" })],
    ["/v1/admin/calls/:id", async () => ({ id: "v00ffAAAAAAAAAAAAAAAAAAAAAA" })],
    ["/v1/admin/asterisks/:name", async () => ({ name: "pbx" })],
    [
      "/v1/admin/apps/:name",
      async () => ({ name: (await made("/v1/admin/apps", as.operator, { name: nextApp() })).name ?? "" }),
    ],
    [
      "/v1/admin/apps/:name/keys/:id",
      async () => {
        const name = nextApp();
        await made("/v1/admin/apps", as.operator, { name });
        const { id = "" } = await made(`/v1/admin/apps/${name}/keys`, as.operator, { scopes: ["read"] });
        return { name, id };
      },
    ],
  ];

  async function targetOf({ url: path }: ServedRoute): Promise<Target> {
    const to = nextCallee();
    if (!path.includes(":")) return { parameters: {}, to };
    const maker = makers.findLast(([prefix]) => path.startsWith(prefix));
    if (maker === undefined) throw new Error(`say in makers what the parameters of ${path} name`);
    return { parameters: await maker[1](to), to };
  }

  /** After a test of a route: what it made must not fill a limit. */
  async function forget({ url: path }: ServedRoute, { parameters }: Target): Promise<void> {
    if (path.startsWith("/v1/webhooks/:id")) await ask("DELETE", `/v1/webhooks/${parameters.id}`, as.shop);
    if (path.startsWith("/v1/scrubs/:id")) await ask("DELETE", `/v1/scrubs/${parameters.id}`, as.shop);
    if (path.startsWith("/v1/admin/apps/:name")) await ask("DELETE", `/v1/admin/apps/${parameters.name}`, as.operator);
  }

  return {
    clientToken: (id: string) => `Bearer ${clientTokens.get(id)}`,
    ...{ url, routes, ask, as, made, nextCallee, nextApp, keyOf, startToken, started, targetOf, forget, provider },
    async stop() {
      await gateway.stop();
      await records.remove();
    },
  };
}

/** Of a list of numbers. */
const piece = new TextEncoder().encode("phone\n+447400123456\n");

export function pathOf(route: ServedRoute, { parameters }: Pick<Target, "parameters">): string {
  // Of a piece where it belongs is said.
  const query = route.method === "PUT" && route.url === "/v1/scrubs/:id/list" ? `?offset=${piece.length}` : "";
  const path = route.url.replace(/:(\w+)/g, (_whole, name: string) => parameters[name] ?? "");
  return `${path}${query}`;
}

/** A body that the route takes, so that nothing but the credential can be wrong; of others `{}`, undefined for GET and DELETE. */
export function bodyOf({ method, url }: ServedRoute, { to }: Pick<Target, "to">): unknown {
  const bodies: Readonly<Record<string, unknown>> = {
    "POST /v1/verifications": { to, channel: "memory" },
    "POST /v1/verifications/:id/check": { code: "000000" },
    "POST /v1/verifications/check": { to, code: "000000" },
    "POST /v1/verifications/search": { to },
    "POST /v1/numbers/lookup": { number: to },
    "POST /v1/cdrs/search": { to },
    "POST /v1/webhooks": { url: "http://127.0.0.1:9/hook" },
    "PATCH /v1/webhooks/:id": { enabled: true },
    "POST /v1/webhooks/:id/replay": { events: ["evt_none"] },
    "PUT /v1/scrubs/:id/list": piece,
    "POST /v1/lists": { value: to },
    "POST /v1/admin/lists": { list: "block", value: to },
    "POST /v1/proofs/redeem": { token: "none" },
    "POST /v1/opt-outs/link": { to },
    "POST /v1/admin/opt-outs": { to },
    "POST /v1/admin/opt-outs/search": { to },
    "POST /v1/admin/opt-outs/remove": { to },
    "POST /v1/admin/apps": { name: `app${to.slice(1)}` },
    "POST /v1/admin/apps/:name/keys": { scopes: ["read"] },
    "POST /v1/admin/trunks/:name/drain": { reason: "a test" },
    "POST /v1/admin/asterisks/:name/drain": { reason: "a test" },
    "POST /v1/admin/subjects/export": { to },
    "POST /v1/admin/subjects/erase": { to },
  };
  return bodies[`${method} ${url}`] ?? (method === "GET" || method === "DELETE" ? undefined : {});
}
