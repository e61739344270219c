/**
 * Each route of the server × each kind of credential: the status that it gets is in authorisation.md, one row for a route. A route
 * without a row fails, and so does one whose answer has changed; `vitest -u` writes the table, a person reads what changed.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { scopes } from "../../../src/apps/scopes.ts";
import { withRuntime } from "../../support/processes.ts";
import type { ServedRoute } from "./routes.ts";
import { type Answer, bodyOf, pathOf, type SecurityWorld, startSecurityWorld, type Target } from "./world.ts";

const runtime = withRuntime();
let world: SecurityWorld;

/** Headers of keys of `shop`. `tooLittle` permits nothing that a route asks for here. */
let [revoked, expired, tooLittle] = ["", "", ""];
/** Headers of keys of `shop` with one scope. */
const keysOfOne = new Map<string, string>();

beforeAll(async () => {
  world = await startSecurityWorld((await runtime.redis()).url);
  // Long enough for a busy machine to make the key.
  const soon = () => new Date(Date.now() + 5000).toISOString();
  const [gone, late, little] = [
    await world.keyOf(scopes),
    await world.keyOf(scopes, soon()),
    await world.keyOf(["custom_code"]),
  ];
  for (const scope of scopes) keysOfOne.set(scope, (await world.keyOf([scope])).authorization);
  await world.ask("DELETE", `/v1/admin/apps/shop/keys/${gone.id}`, world.as.operator);
  [revoked, expired, tooLittle] = [gone.authorization, late.authorization, little.authorization];
  for (const authorization of [revoked, expired]) {
    const refused = async () => expect((await world.ask("GET", "/v1/events", authorization)).status).toBe(401);
    await vi.waitFor(refused, { timeout: 20_000 });
  }
});
afterAll(() => world.stop());

/** A credential: its `Authorization` for a request about this target; null: none. */
type Credential = (target: Target, route: ServedRoute) => string | null | Promise<string | null>;

const credentials: Readonly<Record<string, Credential>> = {
  none: () => null,
  "wrong key": () => "Bearer or_a-key-that-never-was",
  "other scheme": () => `Basic ${Buffer.from("or_key-of-shop:").toString("base64")}`,
  "revoked key": () => revoked,
  "expired key": () => expired,
  "too little": () => tooLittle,
  "other app": () => world.as.bank,
  "other token": async () => world.clientToken(await world.started(world.nextCallee())),
  "own token": async ({ parameters }, { url }) => {
    const isOwn = url.startsWith("/v1/verifications/:id");
    return world.clientToken(isOwn ? (parameters.id ?? "") : await world.started(world.nextCallee()));
  },
  "start token": () => world.startToken(),
  app: () => world.as.shop,
  operator: () => world.as.operator,
};

async function send(route: ServedRoute, credential: Credential): Promise<Answer> {
  const target = await world.targetOf(route);
  const authorization = await credential(target, route);
  const answer = await world.ask(route.method, pathOf(route, target), authorization, bodyOf(route, target));
  await world.forget(route, target);
  return answer;
}

/** The scopes each of which is enough by itself; "" where none is asked for, or no key of an app is taken. */
async function scopesFor(route: ServedRoute): Promise<string> {
  const asked = [...keysOfOne].map(async ([scope, authorization]) => ({
    scope,
    ...(await send(route, () => authorization)),
  }));
  const answers = await Promise.all(asked);
  if (answers.every(({ status }) => status !== 403)) return "";
  return answers.flatMap(({ scope, status }) => (status === 403 ? [] : [scope])).join(", ");
}

/** What tells one request from another, and nothing else. */
function comparable({ status, headers, text }: Answer) {
  const own = ["date", "x-request-id", "ratelimit"];
  return {
    status,
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !own.includes(name))),
    body: text.replace(/urn:onering:request:[\w-]+/, "urn:onering:request:…"),
  };
}

const nameOf = ({ method, url }: ServedRoute) => `${method} ${url}`;

test("the table says what each route answers to each kind of credential", { timeout: 120_000 }, async () => {
  const names = Object.keys(credentials);
  const rows: string[] = [];
  for (const route of [...world.routes].sort((one, other) =>
    `${one.url} ${one.method}` < `${other.url} ${other.method}` ? -1 : 1,
  )) {
    // At once: each has something of its own to ask for.
    const [answers, scopes] = await Promise.all([
      Promise.all(names.map((name) => send(route, credentials[name] as Credential))),
      scopesFor(route),
    ]);
    rows.push(`| ${nameOf(route)} | ${answers.map(({ status }) => status).join(" | ")} | ${scopes} |`);
  }
  const head = [`| route | ${names.join(" | ")} | scopes |`, `|${" --- |".repeat(names.length + 2)}`];
  const intro = [
    "# Who may do what",
    "",
    "The status of an otherwise right request, about something of the app `shop`, by the credential that it has, and each scope that is",
    "enough by itself for a key. Written and compared by authorisation.test.ts, from the routes that the server has.",
    "",
  ];
  await expect([...intro, ...head, ...rows, ""].join("\n")).toMatchFileSnapshot("authorisation.md");
});

describe("whatever the route", () => {
  const under = (prefix: string) => world.routes.filter(({ url }) => url.startsWith(prefix));

  test("a key that is not known, revoked or expired has one answer; without a key the answer tells of the header alone", async () => {
    for (const route of under("/v1/")) {
      const ask = async (name: string) => comparable(await send(route, credentials[name] as Credential));
      const [none, scheme, wrong, ...others] = await Promise.all(
        ["none", "other scheme", "wrong key", "revoked key", "expired key"].map(ask),
      );
      for (const one of others) expect(one, nameOf(route)).toEqual(wrong);
      expect(wrong).toMatchObject({ status: 401, body: expect.stringContaining("is not valid") });
      expect(none).toMatchObject({ status: 401, body: expect.stringContaining("No `Authorization` header was sent") });
      expect(scheme).toMatchObject({ status: 401, body: expect.stringContaining("does not begin with `Bearer `") });
      expect(none?.headers["www-authenticate"]).toBe('Bearer realm="onering"');
      const invalid = 'Bearer realm="onering", error="invalid_token"';
      for (const one of [scheme, wrong]) expect(one?.headers["www-authenticate"]).toBe(invalid);
    }
  });

  test("HEAD is refused as GET is", async () => {
    for (const { method, url } of under("/v1/").filter((route) => route.method === "GET")) {
      const answer = await world.ask("HEAD", url.replace(/:\w+/g, "x"), null);
      expect([401, 405], `${method} ${url}`).toContain(answer.status);
    }
  });

  test("what is another app's is answered as what never was: same status, headers and body", async () => {
    const own = world.routes.filter(({ url }) => url.includes("/:id") && !url.startsWith("/v1/admin/"));
    expect(own.length).toBeGreaterThan(10);
    for (const route of own) {
      const target = await world.targetOf(route);
      const ask = (parameters: Target["parameters"]) => {
        const there = { ...target, parameters };
        return world.ask(route.method, pathOf(route, there), world.as.bank, bodyOf(route, there));
      };
      // Of the same form: one character else.
      const never = Object.fromEntries(
        Object.entries(target.parameters).map(([name, id]) => [
          name,
          `${id.slice(0, -1)}${id.endsWith("A") ? "B" : "A"}`,
        ]),
      );
      const answer = comparable(await ask(target.parameters));
      expect(answer.status, nameOf(route)).toBe(404);
      expect(answer, nameOf(route)).toEqual(comparable(await ask(never)));
      await world.forget(route, target);
    }
  });

  test("a number that another app verifies is answered as one that none does", async () => {
    const open = world.nextCallee();
    await world.made("/v1/verifications", world.as.shop, { to: open, channel: "memory", reference: "theirs" });
    const nobody = world.nextCallee();
    const asked = [
      ["/v1/verifications/check", { code: "000000" }],
      ["/v1/verifications/check", { code: "000000", session: "one" }],
      ["/v1/verifications/search", {}],
      ["/v1/cdrs/search", {}],
      ["/v1/verifications", { channel: "second" }],
    ] as const;
    for (const [path, body] of asked) {
      const [theirs, none] = await Promise.all(
        [open, nobody].map(async (to) => {
          const answer = comparable(await world.ask("POST", path, world.as.bank, { ...body, to }));
          const text = JSON.stringify(answer)
            .replaceAll(to, "(to)")
            .replace(/ort_[\w.-]+/, "(token)");
          return text
            .replace(/"v[0-9a-f]{4}[\w-]{22}|\/v[0-9a-f]{4}[\w-]{22}|\\"v[0-9a-f]{4}[\w-]{22}/g, "(id)")
            .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "(time)");
        }),
      );
      expect(theirs, path).toBe(none);
    }
    const { text } = await world.ask("POST", "/v1/verifications/search", world.as.bank, { reference: "theirs" });
    expect(JSON.parse(text).verifications).toEqual([]);
  });

  test("an Idempotency-Key is the app's own", async () => {
    const start = (who: string, to: string) =>
      fetch(`${world.url}/v1/verifications`, {
        method: "POST",
        headers: { authorization: who, "content-type": "application/json", "idempotency-key": "the-same" },
        body: JSON.stringify({ to, channel: "memory" }),
      });
    const [shop, bank] = [
      await start(world.as.shop, world.nextCallee()),
      await start(world.as.bank, world.nextCallee()),
    ];
    expect([shop.status, bank.status]).toEqual([201, 201]);
    expect(((await shop.json()) as { id: string }).id).not.toBe(((await bank.json()) as { id: string }).id);
  });
});
