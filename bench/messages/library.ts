/** The gateway's own SMPP client as a library: a bind that is kept, and submits over it. */
import { pino } from "pino";
import { Bind } from "../../src/channels/sms/smpp/bind.ts";
import { targetOf } from "../../src/channels/sms/smpp/connect.ts";
import { okStatus } from "../../src/channels/sms/smpp/status.ts";
import { submitsOf } from "../../src/channels/sms/smpp/submit.ts";
import { encodeText } from "../../src/channels/sms/smpp/text.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { cryptoRandom } from "../../src/shared/random.ts";
import { sinkBind, smppWindow } from "./protocol.ts";

const [bindTimeoutMs, responseTimeoutMs, enquireLinkMs] = [10_000, 5000, 30_000];
const settings = { serviceType: "", concatenation: "udh_8bit", receipts: true, validity: "relative" } as const;
const alphabet = { alphabet: "gsm7", defaultDataCoding: 0, concatenation: "udh_8bit" } as const;

/** @returns sends one message; resolves when the sink took it, rejects where it did not */
export async function bindToSink(port: number): Promise<(to: string, text: string) => Promise<void>> {
  const bind = new Bind({
    ...{ name: "sink", target: targetOf(sinkBind(port)), bindTimeoutMs, responseTimeoutMs, enquireLinkMs },
    ...{ window: smppWindow, isThrottle: () => false, incoming: async () => okStatus },
    ...{ late: () => undefined, changed: () => undefined },
    ...{ clock: systemClock, random: cryptoRandom, logger: pino({ level: "silent" }) },
  });
  await bind.start();
  return async (to, text) => {
    const message = { to, sender: null, validityMs: 600_000 };
    const [submit] = submitsOf(message, encodeText(text, alphabet), settings, 0, new Map());
    if (submit === undefined) throw new Error("a text without parts");
    bind.hold();
    try {
      const answer = await bind.submit(submit, systemClock.nowMs() + responseTimeoutMs);
      if (answer.kind !== "answer" || answer.status !== okStatus) throw new Error(`the sink answered: ${answer.kind}`);
    } finally {
      bind.letGo();
    }
  };
}
