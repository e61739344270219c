/** A trunk whose carrier wants a tech prefix: what it sees on the wire, by each driver. */
import { beforeAll, describe, expect, it } from "vitest";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { gatewayDocument, startGateway } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import type { SippCarrier } from "../../support/sipp.ts";

const runtime = withRuntime();
let redisUrl: string;
let carrier: SippCarrier;
let asterisk: AsteriskServer;

beforeAll(async () => {
  redisUrl = (await runtime.redis()).url;
  carrier = await runtime.carrier({ scenario: "ringing", transport: "tcp" });
  asterisk = await runtime.asterisk({
    trunks: [{ name: "carrier", host: "127.0.0.1", port: carrier.port, transport: "tcp", qualifySeconds: 0 }],
    amiCallsApp: "onering",
  });
});

describe("a callee behind a tech prefix of six digits", () => {
  it.each([
    ["ari-websocket", "+447400990001", "991234447400990001"],
    ["ari-client", "+447400990002", "991234447400990002"],
    ["asterisk-manager", "+447400990003", "991234447400990003"],
  ])("is dialled in full by %s: 18 digits, and the caller ID without it", async (driver, to, dialled) => {
    const { local } = gatewayDocument({ redisUrl, asterisk }).asterisks as Record<string, Record<string, unknown>>;
    const callee_rules = [{ prefix: "+", add: "991234" }];
    const gateway = await startGateway({
      ...{ redisUrl, asterisk },
      config: {
        asterisks: { local: { ...local, driver } },
        trunks: { carrier: { asterisk: "local", endpoint: "carrier", ranges: ["block"], callee_rules } },
      },
    });
    try {
      await gateway.waitForHttp("/readyz", 200);
      const { id } = await gateway.start(to);
      expect(await gateway.waitForStatus(id, ["rung", "undeliverable"])).toMatchObject({ to, reason: "rang" });
      const invites = (await carrier.messages()).filter(
        ({ method, text }) => method === "INVITE" && text.includes(to.slice(1)),
      );
      expect(invites.map(({ startLine }) => /^INVITE sip:([^@]*)@/.exec(startLine)?.[1])).toEqual([dialled]);
      expect(invites[0]?.header("From").join()).toMatch(/<sip:\+44770090\d{4}@/);
    } finally {
      await gateway.stop();
    }
  });
});
