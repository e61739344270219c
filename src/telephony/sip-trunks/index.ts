/** The driver `sip` with the stack below it, from the configuration. */
import type { KeyObject } from "node:crypto";
import type { Logger } from "pino";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import type { CallControl, InboundCall } from "../call-control/port.ts";
import { createCallSigner } from "./call-signer.ts";
import { SipDriver } from "./driver.ts";
import { type RunningStack, startStack } from "./stack.ts";
import { createTrunkPlans, type SipTrunksConfig } from "./trunk-plans.ts";

export interface SipTrunksParts {
  readonly config: SipTrunksConfig;
  /** Of the tags of our calls; the same in all gateways. */
  readonly tagKey: KeyObject;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface SipTrunks {
  readonly control: CallControl;
}

export function createSipTrunks(parts: SipTrunksParts): SipTrunks {
  const { config, tagKey, clock, random, logger } = parts;
  const signer = createCallSigner(config.sip.identity, { nowMs: () => clock.nowMs(), logger });
  const plans = createTrunkPlans(config, signer);
  let onInbound: (call: InboundCall) => void = () => undefined;
  let running: RunningStack | null = null;
  const stack = {
    async start() {
      running = await startStack({
        ...{ sip: config.sip, plans, tagKey, clock, random, logger },
        onInbound: (call) => onInbound(call),
      });
    },
    async stop() {
      await running?.stop();
      running = null;
    },
    get caller() {
      if (running === null) throw new Error("the SIP stack is not running");
      return running.caller;
    },
    onInbound(receiver: (call: InboundCall) => void) {
      onInbound = receiver;
    },
  };
  return { control: new SipDriver({ stack, plans, clock, random, logger }) };
}
