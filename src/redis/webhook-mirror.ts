/** The webhook endpoints as all gateways read them. The scripts are in lua/. */
import type { EndpointMirror } from "../webhooks/mirror-port.ts";
import type { EndpointRow } from "../webhooks/types.ts";
import { webhookEndpointsKey } from "./keys.ts";
import type { Reply, RunScript } from "./run.ts";

export function createWebhookMirror(run: RunScript): EndpointMirror {
  return {
    async read(known) {
      const [version, ...entries] = (await run("webhook_endpoints", webhookEndpointsKey, [known])) as Reply;
      if (version === known && known !== "") return null;
      return { version: String(version), rows: entries.map((entry) => readRow(String(entry))) };
    },
    async put(row) {
      await run("webhook_endpoint", webhookEndpointsKey, [row.id, row.revision, JSON.stringify(row)]);
    },
    async remove(id) {
      await run("webhook_endpoint", webhookEndpointsKey, [id, "", ""]);
    },
  };
}

function readRow(entry: string): EndpointRow {
  return JSON.parse(entry.slice(entry.indexOf(" ") + 1)) as EndpointRow;
}
