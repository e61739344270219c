import { pino } from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import { cryptoRandom, type Random } from "../../../../src/shared/random.ts";
import { createDigests } from "../../../../src/sip/auth/digest.ts";
import { createRefusedRoutes, type RefusedRoutes } from "../../../../src/telephony/sip-trunks/refused-routes.ts";
import {
  createTrunkWatch,
  type TrunkWatch,
  type WatchedPlan,
} from "../../../../src/telephony/sip-trunks/trunk-watch.ts";
import { FarEnd, settle } from "../../../support/sip-far-end.ts";

/** Intervals without their jitter. */
const random: Random = { ...cryptoRandom, below: () => 0 };
let far: FarEnd;
let lines: string[];
let refusedRoutes: RefusedRoutes;

function watchOf(own: object): TrunkWatch {
  const config = { host: "carrier.example", qualify_seconds: 30, ...own } as WatchedPlan["config"];
  const { username } = config;
  const plan: WatchedPlan = {
    ...{ name: "carrier", config, hop: { host: config.host }, routes: [["Route", "<sip:edge.example;lr>"]] },
    credentials: username === undefined ? null : { username, password: "s3cret" },
  };
  const logger = pino({ level: "info" }, { write: (line: string) => lines.push(line) });
  const digests = createDigests(random, far.clock.nowMs);
  refusedRoutes = createRefusedRoutes(logger, far.clock.nowMs);
  const parts = { digests, random, logger, refusedRoutes, userAgent: "OneRing", host: "::1" };
  return createTrunkWatch({ ...far.parts, ...parts, plans: [plan] });
}
async function started(own: object): Promise<TrunkWatch> {
  const watch = watchOf(own);
  watch.start();
  await settle();
  return watch;
}
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1000) {
    far.clock.pass(1000);
    await settle();
  }
}
const account = { username: "alice", register: { expires_seconds: 300 } };

beforeEach(() => {
  far = new FarEnd();
  lines = [];
});

describe("a trunk without an account", () => {
  test("is usable before anything is known, and up with the first answer", async () => {
    expect(watchOf({}).health("carrier")).toEqual({ usable: true, why: "not known: no answer to OPTIONS yet" });
    const watch = await started({});
    expect(watch.health("carrier")).toEqual({ usable: true, why: "up", answers: true });
    expect(far.sent.map(({ method }) => method)).toEqual(["OPTIONS"]);
    expect(far.sent[0]?.header("from")).toMatch(/^<sip:\[::1\]>;tag=/);
    expect(far.sent[0]?.header("route")).toBe("<sip:edge.example;lr>");
  });

  test("is not usable while its carrier is silent, and says why once", async () => {
    const watch = await started({});
    far.answer = () => "timeout";
    await pass(30_000);
    expect(watch.health("carrier")).toEqual({ usable: true, why: "up" });
    await pass(60_000);
    expect(watch.health("carrier")).toEqual({
      ...{ usable: false, why: "the carrier does not answer OPTIONS: no response", silent: true },
    });
    expect(lines.filter((line) => line.includes("does not answer"))).toHaveLength(1);
  });

  test("with OPTIONS turned off is usable", async () => {
    const watch = await started({ qualify_seconds: 0 });
    expect(watch.health("carrier")).toEqual({ usable: true, why: "not known: no OPTIONS are sent" });
    expect(far.sent).toHaveLength(0);
  });
});

describe("a trunk that registers", () => {
  const registers = () => far.sent.filter(({ method }) => method === "REGISTER");

  test("is usable once it is registered, and no more when it is refused; no password is logged", async () => {
    const watch = watchOf(account);
    expect(watch.health("carrier")).toMatchObject({ usable: false, why: /REGISTER is under way/ });
    watch.start();
    await settle();
    expect(watch.health("carrier").usable).toBe(true);
    far.answer = ({ method }) => (method === "OPTIONS" ? ["200 OK"] : ["403 Forbidden"]);
    await pass(240_000);
    expect(watch.health("carrier")).toMatchObject({
      ...{ usable: false, why: "not registered with the carrier: 403 Forbidden" },
    });
    expect(lines.join("")).toContain("registration with the carrier failed");
    expect(lines.join("")).not.toContain("s3cret");
  });

  test("an account named as an address is that address", async () => {
    await started({ ...account, username: "alice@customers.example" });
    const [register] = registers();
    expect(register?.uri).toBe("sip:carrier.example");
    expect(register?.header("to")).toBe("<sip:alice@customers.example>");
    expect(register?.header("contact")).toMatch(/^<sip:alice@/);
  });

  test("its calls take the registrar's routes", async () => {
    far.answer = () => ["200 OK", "Service-Route: <sip:orig@core.example;lr>"];
    const watch = await started(account);
    expect(watch.serviceRoute("carrier")).toEqual([["Route", "<sip:orig@core.example;lr>"]]);
  });

  test("routes that no request can carry are left out, counted and logged, and its calls go on", async () => {
    const routes = '"\\\0" <sip:a.example;lr>, "\\\x1b" <sip:b.example;lr>, <sip:orig@core.example;lr>';
    far.answer = () => ["200 OK", `Service-Route: ${routes}`, 'Path: "\\\0" <sip:edge.example;lr>'];
    const watch = await started(account);
    expect(watch.serviceRoute("carrier")).toEqual([["Route", "<sip:orig@core.example;lr>"]]);
    expect(refusedRoutes.count).toBe(3);
    expect(lines.filter((line) => line.includes("routes that no request can carry"))).toHaveLength(2);
  });

  test("stop removes its binding and ends the OPTIONS", async () => {
    const watch = await started(account);
    await watch.stop();
    await settle();
    expect(registers().at(-1)?.header("expires")).toBe("0");
    expect(far.clock.pending).toBe(0);
  });
});
