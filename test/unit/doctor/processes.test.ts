import { expect, test } from "vitest";
import { examineProcesses } from "../../../src/doctor/processes.ts";
import { testConfig } from "../../support/test-config.ts";

const sip = { sip: { host: "192.0.2.1", udp_port: 5060, tcp_port: 5070 } };

test("one process: nothing is said", () => {
  expect(examineProcesses(testConfig(), 4)).toEqual([]);
});

test("four on four cores: which ports carriers must reach, and which applications inbound calls need", () => {
  const trunks = { a: { asterisk: "pbx", endpoint: "c", ranges: ["block"], inbound: { trusted: true } } };
  const findings = examineProcesses(testConfig({ server: { processes: 4 }, ...sip, trunks }), 4);
  expect(findings.map(({ level }) => level)).toEqual(["ok", "hint", "hint"]);
  expect(findings.map(({ what, fix }) => `${what} ${fix}`).join("\n")).toMatch(
    /UDP 5060 to 5063, TCP 5070 to 5073 .*\n.*INBOUND_APPS=onering,onering-p1,onering-p2,onering-p3$/,
  );
});

test("rates that each process keeps to by itself are named with what the provider gets of all", () => {
  const config = testConfig({ server: { processes: 4 } });
  const server = { name: "relay", messages_per_second: 20 };
  const push = { apns: { shop: { messages_per_second: 200 } } };
  const rated = { ...config, email: { servers: [server] }, push } as unknown as Parameters<typeof examineProcesses>[0];
  const said = examineProcesses(rated, 4).map(({ level, what }) => `${level} ${what}`);
  expect(said).toContain(
    "hint email.servers (relay).messages_per_second: 20 of each of 4 processes, so the provider gets up to 80 a second",
  );
  expect(said).toContainEqual(expect.stringMatching(/^hint push\.apns\.shop\..* up to 800 a second$/));
});

test("more processes than cores are a warning", () => {
  const [finding] = examineProcesses(testConfig({ server: { processes: 4 } }), 2);
  expect(finding).toMatchObject({ level: "warn", what: expect.stringContaining("4 processes") });
});
