/** `onering doctor` while an operator has something out of service: on a real gateway, Redis and Asterisk. */
import { expect, it } from "vitest";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { doctor } from "../../support/doctor.ts";
import { gatewayClient, gatewayDocument, startGateway } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
const operatorKey = "or_test-key-of-an-operator-of-this-run";

it("doctor tells what an operator took out of service, until it is back", async () => {
  const carrier = await runtime.carrier({ scenario: "ringing" });
  const parts = {
    redisUrl: (await runtime.redis()).url,
    asterisk: await runtime.asterisk({
      trunks: [{ name: "carrier", host: "127.0.0.1", port: carrier.port, transport: "udp", qualifySeconds: 0 }],
    }),
    config: { admin: { api_keys_sha256: [apiKeyHash(operatorKey)] } },
  };
  const document = gatewayDocument(parts);
  const gateway = await startGateway(parts);
  const operator = gatewayClient(gateway.url, operatorKey);
  try {
    expect((await doctor(document)).output).toMatch(/ok {3}No trunk or Asterisk is drained/);

    await operator.post("/v1/admin/asterisks/local/drain", { reason: "new kernel" });
    const { code, output } = await doctor(document);
    expect(output).toMatch(
      /warn {2}Asterisk local: out of service for all gateways since 20\S+Z, by an operator \(key [0-9a-f]{8}\): "new kernel"\n +→ .*\/v1\/admin\/asterisks\/local\/undrain/,
    );
    expect(output).toMatch(/FAIL {2}No call can be placed/);
    expect(code).toBe(1);

    await operator.post("/v1/admin/asterisks/local/undrain");
    expect((await doctor(document)).output).toMatch(/ok {3}No trunk or Asterisk is drained/);
  } finally {
    await gateway.stop();
  }
});
