/** Endpoints are brought by people: what is wrong with their hosts stops no other person's notification. */
import { createECDH, randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { createWebPush } from "../../../../src/channels/push/web-push/index.ts";
import { OutgoingHttpError } from "../../../../src/outgoing-http/failure.ts";
import type { OutgoingHttp } from "../../../../src/outgoing-http/request.ts";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import { manualClock } from "../../../support/manual-clock.ts";
import { outgoingMessage } from "../../../support/outgoing-message.ts";

const pair = () => {
  const keys = createECDH("prime256v1");
  keys.generateKeys();
  return keys;
};

it("hosts that do not exist leave the channel up", async () => {
  const own = pair();
  const http: OutgoingHttp = {
    async request({ url }) {
      if (url.hostname.startsWith("none")) throw new OutgoingHttpError("unreachable", url.host, { sent: false });
      return { status: 201, headers: {}, body: Buffer.alloc(0) };
    },
    reach: async () => undefined,
    close: () => undefined,
    retire: () => undefined,
  };
  const service = createWebPush({
    config: {
      ...{ public_key: own.getPublicKey().toString("base64url"), subject: "mailto:operator@onering.example" },
      private_key: Buffer.concat([Buffer.alloc(32), own.getPrivateKey()])
        .subarray(-32)
        .toString("base64url"),
    },
    ...{ http, privateHttp: http, privateOrigins: [], clock: manualClock(), random: cryptoRandom },
  });
  const registration = (host: string) => ({
    ...({ service: "web_push", endpoint: new URL(`https://${host}/w/1`) } as const),
    p256dh: pair().getPublicKey().toString("base64url"),
    auth: randomBytes(16).toString("base64url"),
  });
  for (let count = 0; count < 3; count++) {
    const none = registration("none.notify.windows.com");
    expect(service.enter(none).open).toBe(true);
    expect(await service.send(outgoingMessage(""), none)).toMatchObject({ state: "failed", reason: "provider_down" });
  }
  expect(service.enter(registration("none.notify.windows.com")).open).toBe(false);
  expect(service.health()).toEqual({ up: true, detail: "down: none.notify.windows.com" });
  const other = registration("db5.notify.windows.com");
  expect(service.enter(other).open).toBe(true);
  expect(await service.send(outgoingMessage(""), other)).toMatchObject({ state: "sent" });
});
