/** What `onering doctor` says of a trunk's endpoint, and what a carrier's redirect (302) really does there. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { ariRequest, originate } from "../../support/ari-request.ts";
import { doctor } from "../../support/doctor.ts";
import { gatewayDocument } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import type { SippCarrier } from "../../support/sipp.ts";

const runtime = withRuntime();
let redisUrl: string;
let asterisk: AsteriskServer;
/** Redirects every call to another number. */
let carrier: SippCarrier;

beforeAll(async () => {
  redisUrl = (await runtime.redis()).url;
  carrier = await runtime.carrier({
    scenario: "final",
    keys: { status: "302 Moved Temporarily", header: "Contact: <sip:900900@carrier.example>" },
  });
  // Doctor waits for the first OPTIONS, which Asterisk sends within that time.
  const trunk = { host: "127.0.0.1", transport: "udp" as const, port: carrier.port, qualifySeconds: 4 };
  asterisk = await runtime.asterisk({
    // The first has the dialplan for calls in loaded.
    trunks: [
      { ...trunk, name: "carrier", inbound: { from: ["127.0.0.9"] } },
      { ...trunk, name: "pbx" },
    ],
  });
});

const pjsip = (endpoint: string) => path.join(asterisk.dir, "etc/trunks.d", `${endpoint}.conf`);

/** What doctor says of the endpoint's settings while its file is changed so, and how it ends. */
async function examined(endpoint: string, change: (text: string) => string = (text) => text) {
  const before = await readFile(pjsip(endpoint), "utf8");
  await writeFile(pjsip(endpoint), change(before));
  await asterisk.cli("module reload res_pjsip.so");
  try {
    const trunks = { carrier: { asterisk: "local", endpoint, ranges: ["block"] } };
    const { code, output } = await doctor(gatewayDocument({ redisUrl, asterisk, config: { trunks } }));
    const said = output.match(new RegExp(`^.*endpoint ${endpoint}: .*\\n(?: +→ .*\\n)?`, "gm")) ?? [];
    return { code, said: said.join("") };
  } finally {
    await writeFile(pjsip(endpoint), before);
    await asterisk.cli("module reload res_pjsip.so");
  }
}

describe("an endpoint as asterisk-config makes it", () => {
  it.each(["carrier", "pbx"])("%s has nothing to be changed", async (endpoint) => {
    expect((await examined(endpoint)).said).toMatch(/^ {2}ok {3}.*let the caller ID through and follow no redirect\n$/);
  });
});

describe("doctor", () => {
  it.each([
    [
      "FAIL",
      "carries the caller ID",
      /send_pai = yes\n/,
      "send_pai = no\nfrom_user = account\n",
      /every code is wrong.*account.*\n +→ .*send_pai = yes/,
    ],
    [
      "warn",
      "is not trusted with it",
      /trust_id_outbound = yes/,
      "trust_id_outbound = no",
      /trust_id_outbound = no.*\n +→ /,
    ],
    [
      "FAIL",
      "follows redirects anywhere",
      /redirect_method = user/,
      "redirect_method = uri_pjsip",
      /redirect.*uri_pjsip\n +→ /,
    ],
    [
      "warn",
      "does not ask the carrier",
      /qualify_frequency = \d+/,
      "qualify_frequency = 0",
      /qualify_frequency = 0.*\n +→ /,
    ],
    ["warn", "adds requests", /100rel = no\ntimers = no/, "timers = yes", /100rel = \w+, timers = \w+ adds.*\n +→ /],
    ["FAIL", "has no codec", /^allow = .*\n/m, "\n", /no codec/],
  ])("%s: an endpoint that %s", async (level, _, from, to, said) => {
    const found = await examined("pbx", (text) => text.replace(from, to));
    expect(found.said).toMatch(said);
    expect(found.said).toMatch(new RegExp(`^ ?${level} `));
    if (level === "FAIL") expect(found.code).toBe(1);
  });

  it("says how numbers are written, so that a wrong form is seen before the first call", async () => {
    const { output } = await doctor(gatewayDocument({ redisUrl, asterisk }));
    expect(output).toMatch(
      /Trunk \w+: \+\d+ is written \+?\d+ as caller ID and dialled as \+?\d+\n +→ .*number_format/,
    );
  });
});

describe("a carrier's redirect", () => {
  /** Calls through the endpoint, and waits until nothing is up. */
  async function redirected(trunk: string): Promise<void> {
    const call = { trunk, channelId: `redirected-${trunk}`, callee: "+447700900123", callerId: "+442079460000" };
    expect((await originate(asterisk, call)).status).toBe(200);
    await expect.poll(async () => (await ariRequest(asterisk, "GET", "/channels")).body, { timeout: 9000 }).toEqual([]);
  }

  it("ends the call where the context is the name of none, or refuses all", async () => {
    await redirected("pbx");
    await redirected("carrier");
    const invites = (await carrier.messages()).filter(({ method }) => method === "INVITE");
    expect(new Set(invites.map(({ header }) => header("Call-ID")[0])).size).toBe(2);
  });

  it("runs in a PBX's own context, which doctor warns of", async () => {
    // As the endpoint of a trunk that a PBX has for itself.
    await asterisk.cli("dialplan add extension _X.,1,Wait,3 into from-trunk");
    const change = (text: string) => text.replace(/^context = .*$/m, "context = from-trunk");
    const { said } = await examined("pbx", change);
    expect(said).toMatch(
      /^ warn .*redirect \(302\) would run in the dialplan, context from-trunk.*\n +→ .*an endpoint of its own/,
    );
    await writeFile(pjsip("pbx"), change(await readFile(pjsip("pbx"), "utf8")));
    await asterisk.cli("module reload res_pjsip.so");
    const ended = redirected("pbx");
    const contexts = async () => {
      const { body } = await ariRequest(asterisk, "GET", "/channels");
      return (body as { dialplan: { context: string; exten: string } }[]).map(({ dialplan }) => dialplan);
    };
    await expect.poll(contexts).toContainEqual(expect.objectContaining({ context: "from-trunk", exten: "900900" }));
    await ended;
  });
});
