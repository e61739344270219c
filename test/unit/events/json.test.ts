/** The text of public events: made once, and read as little as it needs. */
import { expect, it } from "vitest";
import type { PublicEvent } from "../../../src/events/envelope.ts";
import { eventJson, readStart } from "../../../src/events/json.ts";
import type { KeptEvent } from "../../../src/events/relay-port.ts";
import { createWriteOut } from "../../../src/events/write-out.ts";
import { createRepresentation } from "../../../src/verification/representation.ts";
import { storedEvent } from "../../support/stored-events.ts";

it("events of verifications began with id and time, so that each delivery of a webhook read them whole", () => {
  const ringing: KeptEvent = {
    kind: "delivery",
    seq: 2,
    atMs: 1_800_000_000_000,
    number: 1,
    part: 1,
    channel: "missed_call",
    state: "ringing",
    status: "sending",
    over: false,
    expiresAtMs: null,
    reason: null,
    evidence: null,
  };
  const [event] = createWriteOut(createRepresentation([]))({
    ...{ id: "v0000abc", app: "shop", reference: null, test: false, verification: null, events: [ringing] },
    recipient: () => "+447400123456",
    delivery: () => undefined,
  });
  expect(readStart(eventJson(event as PublicEvent))).toEqual({ id: "evt_v0000abc_2", type: "delivery.updated" });
});

it("an event's text has the order of the envelope, however it was made", () => {
  const { event } = storedEvent("v1", 2);
  const { id, type, at, seq, app, data } = event;
  const mixed = { data, app, at, seq, type, id } as PublicEvent;
  expect(Object.keys(JSON.parse(eventJson(mixed)))).toEqual(["id", "type", "at", "seq", "app", "data"]);
  expect(eventJson(mixed)).toBe(eventJson(event));
  expect(JSON.parse(eventJson(mixed))).toEqual(event);
});

it("what is no event's text has no start", () => {
  for (const text of ["", "null", "{", '{"type":"call.ended","id":"evt_v1_1"}', '{"id":1,"type":"a",']) {
    expect(readStart(text)).toBeNull();
  }
});
