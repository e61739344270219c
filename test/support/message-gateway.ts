/**
 * A gateway with two message channels, `memory` and `second`, as a process of its own that a test can kill: prints its URL,
 * then one line for each submit. The configuration is in MESSAGE_GATEWAY; HELD: submits are never answered; QUIET: only what
 * is logged at level error, and no submits.
 */
import { writeSync } from "node:fs";
import { destination, pino } from "pino";
import { buildApp } from "../../src/app.ts";
import { resolveConfig } from "../../src/config/load.ts";
import { type Answer, memoryChannel, memoryProvider } from "./memory-provider.ts";

/** Short, so that the delivery of a killed gateway is lost soon. */
export const submitLimitMs = 500;

/** The channels, with what is told of each submit. */
export function messageChannels(onSubmit: (deliveryId: string, channel: string) => unknown, held = false) {
  const providers = ["memory", "second"].map((channel) => {
    const provider = { ...memoryProvider(), submitLimitMs };
    provider.answer((message) => {
      onSubmit(message.deliveryId, channel);
      const taken = { report: { state: "sent" }, receiptId: provider.receiptOf(message) } as const;
      return held ? new Promise<Answer>(() => undefined) : taken;
    });
    return { channel, provider };
  });
  return { providers, specs: providers.map(({ channel, provider }) => memoryChannel(provider, channel)) };
}

if (import.meta.main) {
  // Written at once: a line is there although the process is killed after it.
  const print = (line: string) => writeSync(1, `${line}\n`);
  const isQuiet = process.env.QUIET === "1";
  const onSubmit = (id: string, channel: string) => !isQuiet && print(`submit ${channel} ${id}`);
  const { specs } = messageChannels(onSubmit, process.env.HELD === "1");
  const document = JSON.parse(process.env.MESSAGE_GATEWAY ?? "{}") as unknown;
  const app = await buildApp(resolveConfig({ name: "test", document, env: {} }), {
    logger: isQuiet ? pino({ level: "error" }, destination({ fd: 2, sync: true })) : pino({ level: "silent" }),
    extraMessageChannels: specs,
  });
  print(`url ${(await app.start()).url}`);
}
