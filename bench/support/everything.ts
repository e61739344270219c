/**
 * Switches on what a gateway does beside its calls: durable records, webhook endpoints for every event, and a client that
 * reads the app's stream. The receiver of the webhooks is a process of its own.
 */
import { once } from "node:events";
import { connect } from "node:net";
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
  await readStream(parts, url, apiKey);
}

/** Reads the app's stream and forgets it; not by `fetch`, since the reader shares its cores with what is measured. */
async function readStream(parts: Parts, url: string, apiKey: string): Promise<void> {
  const { host, hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  parts.defer(async () => socket.destroy());
  socket.write(`GET /v1/events HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${apiKey}\r\n\r\n`);
  const [head] = await once(socket, "data", { signal: AbortSignal.timeout(deadlineMs) });
  if (!String(head).startsWith("HTTP/1.1 200 ")) throw new Error(`no stream was opened: ${String(head).slice(0, 200)}`);
  // Killed at the end of the bench.
  socket.on("error", () => undefined).resume();
}
