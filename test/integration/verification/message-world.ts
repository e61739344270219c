/** Gateways with message channels over providers in memory, on a real Redis; time stands still until the test moves it. */
import type { ReceiptResult } from "../../../src/channels/messages/events.ts";
import { messageChannel } from "../../../src/channels/messages/index.ts";
import type { MessageReport } from "../../../src/channels/messages/provider-port.ts";
import { createTexts } from "../../../src/channels/messages/texts.ts";
import { createStore, type Store } from "../../../src/redis/index.ts";
import { newestOf } from "../../../src/verification/types.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { type MemoryProvider, memoryChannel, memoryProvider } from "../../support/memory-provider.ts";
import { testConfig } from "../../support/test-config.ts";
import { careSettings, createWorld, settings, shop, type World, type WorldOptions } from "./world.ts";

const texts = createTexts(testConfig({ messages: { apps: { shop: { name: "Corner Shop" } } } }).messages);

/** What receipts are kept in, for all gateways of a test. */
export function receiptStore(redis: World["redis"]): Store {
  const logger = { info() {}, warn() {}, error() {}, debug() {} } as never;
  return createStore({ redis, reputation: careSettings, clock: manualClock(), logger });
}

export type Gateway = ReturnType<typeof createGateway>;

/** @param names of the channels; the first one's provider is `provider` */
export function createGateway(
  receipts: Store,
  options: WorldOptions,
  names: readonly [string, ...string[]] = ["memory"],
) {
  const results: ReceiptResult[] = [];
  const parts = {
    texts,
    receipts: receipts.receipts(settings),
    publish: (_type: "message.receipt", { result }: { result: ReceiptResult }) => void results.push(result),
  };
  const providers = new Map(names.map((name) => [name, memoryProvider()]));
  const extraChannels = [...providers].map(([name, one]) => messageChannel(memoryChannel(one, name), parts));
  const world = createWorld({ ...options, extraChannels });
  const of = (name: string): MemoryProvider => {
    const found = providers.get(name);
    if (found === undefined) throw new Error(`no provider ${name}`);
    return found;
  };
  const look = async (id: string) => {
    await world.verifications.settled();
    return world.verifications.get(shop, id);
  };
  return {
    ...{ world, results, of, look, provider: of(names[0]) },
    /** The verification's status, and its newest delivery's state. */
    async state(id: string) {
      const verification = await look(id);
      const { state, reason } = newestOf(verification);
      return { status: verification.status, state, reason };
    },
    /** Resolves when the receipt was dealt with: the clock of the batch timer stands still. */
    async receipt(report: MessageReport, receiptId?: string, name: string = names[0]): Promise<boolean> {
      const dealtWith = of(name).receipt(report, receiptId);
      await world.verifications.settled();
      return dealtWith;
    },
  };
}
