/** Every event of the gateway, put together from what each feature declares. Contains no code and no complete number. */
import type { CallerIdEvents } from "../caller-ids/events.ts";
import type { InboundCallEvents } from "../channels/call-in/events.ts";
import type { CallEvents } from "../channels/calls/events.ts";
import type { MessageEvents } from "../channels/messages/events.ts";
import type { SmsEvents } from "../channels/sms/events.ts";
import type { VerificationEvents } from "../verification/events.ts";
import type { Bus, EventOf } from "./bus.ts";

export interface GatewayEvents
  extends VerificationEvents,
    CallEvents,
    InboundCallEvents,
    MessageEvents,
    SmsEvents,
    CallerIdEvents {}

export type GatewayEvent = EventOf<GatewayEvents>;
export type GatewayBus = Bus<GatewayEvents>;
