/**
 * A channel that sends its code in a message: what SMS, WhatsApp, e-mail and push have in common. What differs is the
 * provider, and a few words in `MessageChannelSpec`.
 */
import { type TObject, Type } from "typebox";
import type { Publish } from "../../shared/publish.ts";
import { Refusal } from "../../shared/refusal.ts";
import type { ChannelModule, DeliveryEvidence } from "../../verification/channel-port.ts";
import { codeDigits } from "../../verification/codes.ts";
import type { Delivery } from "../../verification/types.ts";
import type { MessageEvents } from "./events.ts";
import type { InboundTextReceiver } from "./inbound-text-port.ts";
import { lastResort } from "./languages.ts";
import { messageMachine } from "./machine.ts";
import type { MessageChannelSpec } from "./provider-port.ts";
import type { ReceiptStore } from "./receipt-store-port.ts";
import { createReceipts, type Keep } from "./receipts.ts";
import { createSender } from "./sender.ts";
import type { Texts } from "./texts.ts";

export interface MessageChannelParts {
  readonly texts: Texts;
  readonly receipts: ReceiptStore;
  /** Takes what people send back; left out: nobody reads it. */
  readonly onText?: InboundTextReceiver;
  readonly publish: Publish<MessageEvents>;
}

const locale = Type.Unsafe<string | null>({
  type: ["string", "null"],
  description: "BCP 47 tag of the language that the text is written in.",
});

/**
 * The channel of a provider.
 * @param spec what is its own
 * @param parts what all message channels of a gateway share
 */
export function messageChannel(spec: MessageChannelSpec, parts: MessageChannelParts): ChannelModule {
  const { name, proves, enabled, costs, provider, example, readRecipient } = spec;
  const { properties, ...options } = spec.schema as TObject & { readonly description?: string };
  const schema = Type.Object(
    { ...properties, locale },
    options.description === undefined ? {} : { description: options.description },
  );
  const shown = Object.keys(schema.properties);

  const keep: Keep = (result) =>
    Object.fromEntries(shown.flatMap((key) => (result[key] === undefined ? [] : [[key, result[key]]])));

  function describe({ details, result }: Delivery): Readonly<Record<string, unknown>> {
    const known = { ...(details as object), ...(result as object | null) } as Readonly<Record<string, unknown>>;
    return Object.fromEntries(shown.map((key) => [key, known[key] ?? null]));
  }

  return {
    ...{ name, proves, enabled, costs, schema },
    ...(example && { example: { ...example, described: { ...example.described, locale: lastResort } } }),
    ...(readRecipient && { readRecipient }),
    ...(spec.form === "sms" && { isText: true }),
    codes: "derived",
    setupLimitMs: provider.submitLimitMs,
    machine: messageMachine,
    scripts: { start: new URL("lua/start.lua", import.meta.url) },
    open(core) {
      const receipts = createReceipts({ channel: name, core, store: parts.receipts, keep, publish: parts.publish });
      const sender = createSender({ spec, texts: parts.texts, core, receipts, keep });
      provider.onReceipt(receipts.receive);
      if (parts.onText !== undefined) provider.onText?.(parts.onText);
      return {
        start: () => provider.start(),
        accept({ calls, codeLength }) {
          if (calls !== null) throw invalid(`\`calls\` cannot be used with channel ${name}: it sends one message.`);
          if (codeLength !== null && (codeLength < codeDigits.min || codeLength > codeDigits.max)) {
            const range = `${codeDigits.min} to ${codeDigits.max}`;
            throw invalid(`\`code_length\` must be ${range} with channel ${name}, not ${codeLength}.`);
          }
        },
        estimate: sender.estimate,
        reserve: sender.reserve,
        ...(provider.preview !== undefined && { simulate: sender.simulate }),
        refusal: (why) => new Refusal("capacity", `The message was refused: ${why}.`),
        /** The same code, as long as it is accepted. */
        again: (_newest, codeLength) => ({ calls: null, codeLength }),
        health: () => provider.health(),
        describe,
        evidence: messageEvidence,
        // A message that is on its way cannot be called back.
        stop: () => undefined,
        async drain(graceMs) {
          await Promise.all([sender.drain(graceMs), provider.stop(graceMs)]);
        },
        async settled() {
          await receipts.settled();
          await sender.settled();
        },
      };
    },
  };
}

/** Where the providers' results have the same thing under names of their own. */
function messageEvidence({ details, result }: Pick<Delivery, "details" | "result">): DeliveryEvidence {
  const known = { ...(details as object), ...(result as object | null) } as Readonly<Record<string, unknown>>;
  const route = known.route ?? known.server ?? known.sender ?? known.service;
  const { segments } = known;
  return {
    ...(typeof route === "string" && { route }),
    ...(typeof segments === "number" && { segments }),
  };
}

function invalid(detail: string): Refusal {
  return new Refusal("invalid_request", detail);
}
