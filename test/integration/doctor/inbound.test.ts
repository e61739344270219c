/** What `onering doctor` reports on inbound calls, on real Asterisks with and without the dialplan for them. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { doctor } from "../../support/doctor.ts";
import { gatewayDocument } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
const number = "+441144960000";
let redisUrl: string;
/** With the dialplan for calls in, and without any. */
let open: AsteriskServer;
let closed: AsteriskServer;

beforeAll(async () => {
  redisUrl = (await runtime.redis()).url;
  const udp = { host: "127.0.0.1", transport: "udp" as const, qualifySeconds: 0, port: await freePort("udp") };
  open = await runtime.asterisk({
    trunks: [
      { ...udp, name: "carrier", inbound: { from: ["127.0.0.1"] } },
      { ...udp, name: "pbx" },
    ],
    inboundApps: ["onering"],
    amiCallsApp: "onering",
  });
  closed = await runtime.asterisk({ trunks: [{ ...udp, name: "carrier" }] });
});

interface Changed {
  readonly endpoint?: string;
  readonly inbound?: object;
  readonly callIn?: readonly string[];
  readonly asterisk?: Record<string, unknown>;
}

/** What doctor says of calls in, and how it ends. */
async function examined(
  asterisk: AsteriskServer,
  changed: Changed = {},
): Promise<{ code: number | null; said: string }> {
  const { endpoint = "carrier", inbound = { trusted: true }, callIn = [number] } = changed;
  const { local } = gatewayDocument({ redisUrl, asterisk }).asterisks as Record<string, Record<string, unknown>>;
  const { code, output } = await doctor(
    gatewayDocument({
      ...{ redisUrl, asterisk },
      config: {
        asterisks: { local: { ...local, ...changed.asterisk } },
        trunks: { carrier: { asterisk: "local", endpoint, ranges: ["block"], inbound } },
        call_in: { numbers: callIn },
      },
    }),
  );
  // A finding is a line, and perhaps one that says what to do.
  const said = output.match(/^.*inbound calls.*\n(?: +→ .*\n)?/gm) ?? [];
  return { code, said: said.join("") };
}

describe("where the dialplan leads calls in to the refusal", () => {
  it.each([["ari-websocket"], ["ari-client"], ["asterisk-manager"]])(
    "nothing is to be fixed for %s",
    async (driver) => {
      const { code, said } = await examined(open, { asterisk: { driver } });
      expect(said).toMatch(
        /^ hint {2}.*reach a rejection that this gateway is notified of\n +→ .*call \+441144960000 from/,
      );
      expect(code).toBe(0);
    },
  );

  it("a gateway that it does not ask is told so", async () => {
    const { code, said } = await examined(open, { asterisk: { ari_app: "onering-2" } });
    expect(said).toMatch(/^ FAIL .*no Stasis\(onering-2,inbound\) in onering-refusal\n +→ .*INBOUND_APPS/);
    expect(code).toBe(1);
    // The same name at its start is another one.
    expect((await examined(open, { asterisk: { ari_app: "one" } })).said).toMatch(/^ FAIL .*no Stasis\(one,inbound\)/);
  });

  it("AMI's gateways are told so where the step for them is missing", async () => {
    expect(await open.cli("dialplan show onering-refusal")).toContain("2. UserEvent(OneRingInbound");
    await open.cli("dialplan remove extension _[+0-9]!@onering-refusal 2");
    try {
      const { said } = await examined(open, { asterisk: { driver: "asterisk-manager" } });
      expect(said).toMatch(/^ FAIL .*not reported over AMI: no UserEvent\(OneRingInbound/);
      expect((await examined(open)).code).toBe(0);
    } finally {
      await open.cli("dialplan reload");
    }
  });
});

describe("where calls in would prove nothing", () => {
  it.each([
    [
      "asterisk-manager",
      /Token: [\w-]+,/,
      "",
      /has no token, so any client that may send a call could forge it\n +→ .*Token: /,
    ],
    ["asterisk-manager", /Token: [\w-]+,/, "Token: short,", /has no token/],
    [
      "ari-websocket",
      /,inbound,\$\{ONERING_INVITE\}/,
      ",inbound",
      /does not pass on the INVITE's headers\n +→ .*ONERING_INVITE/,
    ],
    ["ari-websocket", /ONERING_INVITE=v1/, "ONERING_INVITE=v0", /does not pass on the INVITE's headers/],
    ["asterisk-manager", /ONERING_INVITE=v1/, "ONERING_INVITE=v0", /does not pass on the INVITE's headers/],
  ])("%s is told so: %s", async (driver, from, to, expected) => {
    const file = path.join(open.dir, "etc/extensions.conf");
    const before = await readFile(file, "utf8");
    await writeFile(file, before.replace(from, to));
    await open.cli("dialplan reload");
    try {
      const { code, said } = await examined(open, { asterisk: { driver } });
      expect(said).toMatch(/^ FAIL /);
      expect(said).toMatch(expected);
      expect(code).toBe(1);
    } finally {
      await writeFile(file, before);
      await open.cli("dialplan reload");
    }
  });
});

describe("where the dialplan is another one", () => {
  it("the missing context is named: an error where it is to verify, a warning where calls are only refused", async () => {
    const verifies = await examined(closed);
    expect(verifies.said).toMatch(
      /^ FAIL .*trunk carrier are not reported to any gateway: no context onering-inbound\n +→ .*TRUNK_INBOUND/m,
    );
    expect(verifies.code).toBe(1);
    const refuses = await examined(closed, { inbound: {}, callIn: [] });
    expect(refuses.said).toMatch(/^ warn .*no context onering-inbound/m);
  });

  it("a trunk's own context must lead the numbers on", async () => {
    // As trunks begin without TRUNK_INBOUND.
    const { said } = await examined(open, { endpoint: "pbx" });
    expect(said).toMatch(
      /^ FAIL .*start in context no-inbound-calls, which does not route \+441144960000 to onering-inbound/,
    );

    // biome-ignore lint/suspicious/noTemplateCurlyInString: Asterisk's own way to write it.
    await open.cli('dialplan add extension _+44114.,1,Goto,"onering-inbound,${EXTEN},1" into no-inbound-calls');
    expect((await examined(open, { endpoint: "pbx" })).said).toMatch(/^ hint {2}.*reach a rejection/);

    // Who calls a missed call back would be answered here.
    await open.cli("dialplan add extension _+447700.,1,Answer into no-inbound-calls");
    const answered = await examined(open, { endpoint: "pbx" });
    expect(answered.said).toMatch(
      /^ warn .*caller IDs of range block are routed elsewhere by context no-inbound-calls\n/,
    );
    expect(answered.code).toBe(0);
  });
});

describe("where the dialplan cannot be seen", () => {
  it("over ARI alone doctor says how to try, and yet sees that there is none", async () => {
    const alone = { ami: undefined };
    const { code, said } = await examined(open, { asterisk: alone });
    expect(said).toMatch(
      /^ hint {2}.*cannot check whether inbound calls are rejected: ARI cannot read the dialplan.*\n +→ .*call \+441144960000 from another phone/,
    );
    expect(code).toBe(0);
    const none = await examined(closed, { asterisk: alone });
    expect(none.said).toMatch(/^ FAIL .*find no dialplan, pbx_config\.so not running/m);
    expect(none.code).toBe(1);
  });

  it("nothing is said where no trunk takes calls", async () => {
    const { local } = gatewayDocument({ redisUrl, asterisk: closed }).asterisks as Record<string, object>;
    const { output } = await doctor(gatewayDocument({ redisUrl, asterisk: closed, config: { asterisks: { local } } }));
    expect(output).not.toMatch(/inbound calls/);
  });
});
