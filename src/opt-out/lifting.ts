/**
 * A person who calls in, and is verified by it, wants this app to know the number: an opt-out of before ends for this app. Events
 * come late or twice, and somebody may have opted out in between.
 */
import type { EventSink } from "../events/sink-port.ts";
import type { OptOuts } from "./service.ts";

/** @param contacts whether a channel's deliveries reach out to the recipient; where they do not, the person came by itself */
export function liftingSink(optOuts: Pick<OptOuts, "lift">, contacts: (channel: string) => boolean): EventSink {
  return {
    name: "opt-outs",
    async append(batch) {
      for (const { event } of batch) {
        if (event.type !== "verification.ended" || event.app === null) continue;
        const { status, proof, test } = event.data;
        if (test === true) continue;
        if (status === "verified" && proof !== null && !contacts(proof.channel))
          await optOuts.lift(proof.value, event.app, Date.parse(event.at));
      }
    },
  };
}
