/** What a client token shows: no price of the operator's, neither of a delivery nor in its channel's own object. */
import { expect, it } from "vitest";
import type { PublicEvent } from "../../../src/events/envelope.ts";
import { clientBody } from "../../../src/http/verifications/client-view.ts";
import type { VerificationBody } from "../../../src/http/verifications/representations.ts";
import { clientView } from "../../../src/live/client-view.ts";

const price = 0.0731;
const sms = { number: 1, channel: "sms", cost: price, sms: { route: "a", segments: 1, cost: price } };
const call = { number: 2, channel: "missed_call", cost: price, missed_call: { prefix: "+4477", digits: 4 } };
const refused = { number: 3, channel: "push", cost: null };
const of = { verification: "v1", reference: "r" };

it("an answer has no price of a text message in the message's own object", () => {
  const body = { id: "v1", delivery: sms, deliveries: [call, sms, refused] } as unknown as VerificationBody;
  const seen = clientBody(body);
  expect(JSON.stringify(seen)).not.toContain(String(price));
  expect(seen).toMatchObject({
    delivery: { cost: null, sms: { route: "a", cost: null } },
    deliveries: [{ missed_call: { prefix: "+4477", digits: 4 } }, { sms: { segments: 1 } }, { number: 3 }],
  });
});

it.each([
  ["delivery.updated", { ...of, state: "sent", channel: "sms", sms: sms.sms }],
  ["delivery.updated", { ...of, state: "failed", ...sms }],
  ["verification.ended", { ...of, channel: "missed_call", deliveries: [sms, call, refused] }],
])("nor has an event: %s", (type, data) => {
  const event = { id: "evt_v1_2", type, at: "2026-03-01T12:00:00.000Z", seq: 2, app: "shop", data };
  const seen = JSON.stringify(clientView(event as unknown as PublicEvent));
  expect(seen).not.toContain(String(price));
  expect(seen).toContain('"route":"a"');
});
