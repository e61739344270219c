/** Requests and answers of event streams. */
import { Type } from "typebox";
import { publicEventTypes } from "../../events/envelope.ts";

/** Longer than both kinds of ids. */
const maxIdLength = 40;

const lastEventId = (description: string) => Type.String({ minLength: 1, maxLength: maxIdLength, description });
const inHeader = "The id of the last event that the client has; EventSource sends it by itself when it reconnects.";
const inQuery = "The same as the header Last-Event-ID, which counts where both are there.";

/** Other headers are the clients' own. */
export const StreamHeaders = Type.Object({ "last-event-id": Type.Optional(lastEventId(inHeader)) });

export const VerificationStreamQuery = Type.Object(
  { last_event_id: Type.Optional(lastEventId(inQuery)) },
  { additionalProperties: false },
);

export const EventsQuery = Type.Object(
  {
    types: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 500,
        description: `Only events of these types, separated by commas: ${publicEventTypes.map((type) => `\`${type}\``).join(", ")}. Without it all.`,
        examples: ["verification.ended,call.ended"],
      }),
    ),
    last_event_id: Type.Optional(lastEventId(inQuery)),
  },
  { additionalProperties: false },
);

const example = [
  "retry: 1725",
  "id: 1796083200123-0",
  "",
  "id: 1796083204456-0",
  "event: delivery.updated",
  'data: {"id":"evt_v03f9mUq0cR2kZs7XbT1yWaJd4_2","type":"delivery.updated","at":"2026-12-01T00:00:04.450Z","seq":2,"app":"shop","data":{"verification":"v03f9mUq0cR2kZs7XbT1yWaJd4","status":"sending","number":1,"channel":"missed_call","to":"+447400123456","state":"ringing","reason":null,"reference":null}}',
  "",
  ": heartbeat",
  "",
  "",
].join("\n");

/** @param description of a stream's 200 */
export function streamResponse(description: string) {
  const schema = Type.String({ description: "Server-sent events (WHATWG HTML, section 9.2)." });
  return { description, content: { "text/event-stream": { schema, example } } };
}
