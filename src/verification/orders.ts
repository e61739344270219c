/** Builds the orders of deliveries: of a start, of a step, of a choice. */
import type { AppProfile } from "../apps/profile.ts";
import type { Networks } from "../numbers/networks/ports.ts";
import type { Network } from "../numbers/networks/types.ts";
import type { DeliveryOrder } from "./channel-port.ts";
import type { ChannelSet, OpenChannel } from "./channel-set.ts";
import { choiceOf, mayReach } from "./choices.ts";
import type { Hashes } from "./hashes.ts";
import { channelNotAllowed, codeNotAvailable, noLongerAllowed, noOwnRecipient, otherProof } from "./refusals.ts";
import type { Sealing } from "./sealing.ts";
import { newestOf, type Verification } from "./types.ts";
import type { RecipientRef } from "./workflow.ts";

/** One more delivery of a verification. */
export interface NextOrder {
  readonly channel: OpenChannel;
  readonly order: DeliveryOrder;
  /** The verification's recipient where this delivery has another; null: the same. */
  readonly of: RecipientRef | null;
}

export interface Orders {
  /** The delivery that a person chose. @param wanted null: the newest one's channel @throws {Refusal} */
  chosen(verification: Verification, profile: AppProfile, wanted: string | null): NextOrder;
  /** The workflow's step with this number. @throws {Refusal} */
  step(verification: Verification, profile: AppProfile, step: number): NextOrder;
  /** Recipients that have derived codes, in the order of the steps. */
  recipientsOf(
    steps: readonly { readonly channel: string; readonly to: string | null }[],
    to: string,
  ): DeliveryOrder["recipients"];
}

export function createOrders(
  channels: ChannelSet,
  hashes: Hashes,
  sealing: Sealing,
  networks: Pick<Networks, "known">,
): Orders {
  const refOf = (to: string, country: string | null): RecipientRef => ({ to, country, callee: hashes.callee(to) });

  function recipientsOf(steps: readonly { readonly channel: string; readonly to: string | null }[], own: string) {
    const found = new Map<string, DeliveryOrder["recipients"][number]>();
    for (const { channel: name, to } of steps) {
      const channel = channels.find(name);
      if (channel?.codes !== "derived") continue;
      const recipient = { kind: channel.proves, to: to ?? own };
      found.set(`${recipient.kind} ${recipient.to}`, recipient);
    }
    return [...found.values()];
  }

  function appCodeOf({ id, sealedCode }: Verification): string | null {
    if (sealedCode === null) return null;
    const code = sealing.open(id, sealedCode);
    if (code === null) throw codeNotAvailable();
    return code;
  }

  /** A resend has as many digits as the delivery before it, or what its step says. */
  function shapeOf(verification: Verification, profile: AppProfile, channel: OpenChannel, planned?: Shape): Shape {
    const { deliveries } = verification;
    const last = deliveries.findLast(({ channel: name, details }) => name === channel.name && details !== null);
    const again = last && channel.again?.(last, last.codeLength);
    if (again !== undefined) return again;
    const { calls = null, codeLength = null } = planned ?? {};
    // Nothing else of the step: that has no recipient of its own where it is the verification's.
    if (channel.codes !== "derived") return { calls, codeLength };
    const derived = deliveries.findLast(({ channel: name }) => channels.find(name)?.codes === "derived");
    return { calls: null, codeLength: derived?.codeLength ?? codeLength ?? profile.codeLength };
  }

  function orderOf(
    verification: Verification,
    profile: AppProfile,
    channel: OpenChannel,
    recipient: RecipientRef,
    shape: Shape,
    step: number | null,
  ): NextOrder {
    const { id, app, to, country, workflow, locale, generation } = verification;
    const order = {
      ...{ verificationId: id, app: { name: app, allowedCountries: profile.allowedCountries }, step, generation },
      bounds: profile,
      ...recipient,
      network: networkOf(networks, channel, recipient.to),
      ...shape,
      locale,
      appCode: channel.codes === null ? null : appCodeOf(verification),
      recipients: recipientsOf(workflow?.steps ?? [], to),
    };
    return { channel, order, of: recipient.to === to ? null : refOf(to, country) };
  }

  return {
    recipientsOf,

    chosen(verification, profile, wanted) {
      const newest = newestOf(verification);
      const channel = channels.wanted(wanted ?? newest.channel);
      if (profile.channels !== null && !profile.channels.includes(channel.name)) throw channelNotAllowed(channel.name);
      const { planned, to, country } = choiceOf(verification, channel.name);
      const proves = channels.find(newest.channel)?.proves;
      if (planned === undefined && channel.proves !== proves) throw otherProof(channel.name, channel.proves, proves);
      if (!mayReach(channel, to, verification)) throw noOwnRecipient(channel.name);
      const shape = shapeOf(verification, profile, channel, planned);
      return orderOf(verification, profile, channel, refOf(to, country), shape, null);
    },

    step(verification, profile, step) {
      const planned = verification.workflow?.steps[step];
      if (planned === undefined) throw new Error(`the verification ${verification.id} has no step ${step}`);
      const { to, country } = verification;
      const channel = channels.wanted(planned.channel);
      // The profile may have changed since the start, or the app is gone.
      if (profile.channels !== null && !profile.channels.includes(channel.name)) throw noLongerAllowed(channel.name);
      const recipient = planned.to === null ? refOf(to, country) : refOf(planned.to, planned.country);
      const shape = channel.codes === "derived" ? shapeOf(verification, profile, channel, planned) : planned;
      const { calls, codeLength } = shape;
      return orderOf(verification, profile, channel, recipient, { calls, codeLength }, step);
    },
  };
}

/** Null where the recipient is no number, or its network is not known. */
export function networkOf(
  networks: Pick<Networks, "known">,
  { proves }: Pick<OpenChannel, "proves">,
  to: string,
): Network | null {
  return proves === "phone" ? networks.known(to) : null;
}

type Shape = Pick<DeliveryOrder, "calls" | "codeLength">;
