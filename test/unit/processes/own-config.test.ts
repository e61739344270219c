import { expect, test } from "vitest";
import { processCount } from "../../../src/processes/count.ts";
import { configOfProcess } from "../../../src/processes/own-config.ts";
import { testConfig } from "../../support/test-config.ts";

const config = testConfig({
  sip: { host: "192.0.2.1", udp_port: 5060, tcp_port: 5070, hep: { host: "192.0.2.9", capture_id: 65_535 } },
});

test("the first process has the configuration itself", () => {
  expect(configOfProcess(config, 0)).toBe(config);
});

test("the others have ports, an application and a capture id of their own, and all else alike", () => {
  const third = configOfProcess(config, 2);
  expect(third.sip).toEqual({
    ...config.sip,
    ...{ udp_port: 5062, tcp_port: 5072, hep: { ...config.sip?.hep, capture_id: 1 } },
  });
  expect(third.asterisks.pbx?.ari_app).toBe("onering-p2");
  expect({ ...third, sip: config.sip, asterisks: config.asterisks }).toEqual(config);
});

test("auto means the cores that there are, at most 64", () => {
  expect(processCount({ processes: "auto" }, () => 4)).toBe(4);
  expect(processCount({ processes: "auto" }, () => 128)).toBe(64);
  expect(processCount({ processes: 3 }, () => 1)).toBe(3);
});
