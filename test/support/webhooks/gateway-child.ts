/** Starts gateways (gateway-process.ts) that a test kills. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { StoredEvent } from "../../../src/events/sink-port.ts";
import type { WebhooksConfig } from "../../../src/webhooks/config.ts";

export interface GatewayChild {
  readonly pid: number;
  /** Whether the batch was queued; false where the gateway was killed, or Redis did not answer. */
  append(batch: readonly StoredEvent[]): Promise<boolean>;
  /** As kill -9. */
  kill(): Promise<void>;
}

const program = new URL("gateway-process.ts", import.meta.url).pathname;

export async function startGatewayChild(redisUrl: string, config: Partial<WebhooksConfig> = {}): Promise<GatewayChild> {
  const child: ChildProcess = fork(program, [], {
    env: { ...process.env, REDIS_URL: redisUrl, CONFIG: JSON.stringify(config) },
    execArgv: [],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const waiting = new Map<number, (queued: boolean) => void>();
  let number = 0;
  child.on("message", (message: { readonly number?: number; readonly queued?: boolean }) => {
    if (message.number === undefined) return;
    waiting.get(message.number)?.(message.queued === true);
    waiting.delete(message.number);
  });
  const exited = once(child, "exit").then(() => {
    for (const settle of waiting.values()) settle(false);
    waiting.clear();
  });
  await once(child, "message");
  return {
    pid: child.pid ?? 0,
    append: (batch) =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null || !child.connected) return resolve(false);
        number += 1;
        waiting.set(number, resolve);
        child.send({ number, batch }, (error) => {
          if (error !== null) resolve(false);
        });
      }),
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
