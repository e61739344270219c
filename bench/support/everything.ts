/**
 * Switches on what a gateway does beside its calls: durable records, webhook endpoints for every event, and a client that
 * reads the app's stream. The receiver of the webhooks is a process of its own.
 */
import type { Ready } from "../events/protocol.ts";
import { forkSide } from "./child.ts";
import type { Gateway } from "./gateway.ts";
import type { Profile } from "./gateway-config.ts";
import type { Parts } from "./parts.ts";

const deadlineMs = 5000;

/** The profile of a gateway that `switchOn` takes. */
export function withEverything(profile: Profile): Profile {
  return { ...profile, records: true };
}

/** @throws where the gateway takes no endpoint, or opens no stream */
export async function switchOn(parts: Parts, { url, apiKey }: Gateway): Promise<void> {
  const file = new URL("../events/receiver-process.ts", import.meta.url);
  const receiver = await forkSide<Ready>(parts, "the receiver of webhooks", file, {});
  const headers = { authorization: `Bearer ${apiKey}` };
  const created = await fetch(`${url}/v1/webhooks`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ url: `http://127.0.0.1:${receiver.ready.port}/` }),
    signal: AbortSignal.timeout(deadlineMs),
  });
  if (created.status !== 201) throw new Error(`the webhook was not created: ${created.status} ${await created.text()}`);
  const closing = new AbortController();
  const stream = await fetch(`${url}/v1/events`, { headers, signal: closing.signal });
  if (stream.status !== 200 || stream.body === null) throw new Error(`no stream was opened: ${stream.status}`);
  const reading = readAll(stream.body);
  parts.defer(async () => {
    closing.abort();
    await reading;
  });
}

async function readAll(body: ReadableStream<Uint8Array>): Promise<void> {
  try {
    for await (const _ of body);
  } catch {
    // Closed at the end of the bench.
  }
}
