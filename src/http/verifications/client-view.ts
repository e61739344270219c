/** What a browser or phone with a client token sees of its verification. */
import { Refusal } from "../../shared/refusal.ts";
import type { TokenHolder } from "../../tokens/index.ts";
import type { NextChannel } from "../../verification/types.ts";
import { withoutCost } from "../../verification/without-cost.ts";
import type { VerificationBody } from "./representations.ts";

/** Without what is between the app's backend and the operator. */
export function clientBody(body: VerificationBody): VerificationBody {
  const deliveries = body.deliveries.map(withoutCost);
  return { ...body, ...{ reference: null, metadata: null, deliveries }, delivery: withoutCost(body.delivery) };
}

/** The channels that its start token left to it; null: all of the app's. */
function permittedTo(holder: TokenHolder | null): readonly string[] | null {
  if (holder === null) return null;
  return holder.kind === "client" ? holder.channels : holder.grant().channels;
}

/** @throws {Refusal} `forbidden` */
export function permitChannel(holder: TokenHolder | null, channel: string): void {
  const permitted = permittedTo(holder);
  if (permitted === null || permitted.includes(channel)) return;
  throw new Refusal("forbidden", `This token permits the channels ${permitted.join(", ")}.`);
}

export function channelsFor(holder: TokenHolder | null, next: readonly NextChannel[]): readonly NextChannel[] {
  const permitted = permittedTo(holder);
  return permitted === null ? next : next.filter(({ channel }) => permitted.includes(channel));
}
