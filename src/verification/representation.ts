/** A verification in JSON, as the API answers it and public events carry it. Holds no code, and no caller ID before the end. */
import type { OpenChannel } from "./channel-set.ts";
import { isTerminal, type Status } from "./machine.ts";
import { type Delivery, type NextChannel, newestOf, type ProofKind, type Verification } from "./types.ts";

/** Times are RFC 3339. The channel's own object stands under the channel's name; a step that was refused has none. */
export interface DeliveryBody {
  readonly number: number;
  readonly channel: string;
  readonly to: string;
  readonly state: string;
  readonly reason: string | null;
  /** In the operator's currency; null where none is configured. */
  readonly cost: number | null;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly [channel: string]: unknown;
}

/** What was proven. */
export interface ProofBody {
  readonly kind: ProofKind;
  readonly value: string;
  readonly channel: string;
  readonly at: string;
  /** Which side generated the code; null where none was typed. */
  readonly code: "gateway" | "app" | null;
  /** Of a test number: it proves nothing of anybody. */
  readonly test?: true;
}

export interface VerificationBody {
  readonly id: string;
  readonly status: Status;
  readonly reason: string | null;
  readonly to: string;
  readonly country: string | null;
  readonly channel: string;
  readonly code_length: number | null;
  readonly checks_left: number | null;
  readonly delivery: DeliveryBody;
  readonly deliveries: readonly DeliveryBody[];
  readonly next_channels: readonly { readonly channel: string; readonly available_at: string }[];
  readonly proof: ProofBody | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly created_at: string;
  readonly expires_at: string;
  readonly ended_at: string | null;
  /** Of a test number: nothing was sent. */
  readonly test?: true;
}

/** The parts of a channel that are needed to represent its deliveries. */
export type ShownChannel = Pick<OpenChannel, "name" | "proves" | "describe">;

export interface Representation {
  verification(verification: Verification, next: readonly NextChannel[]): VerificationBody;
  /** @param ended whether the verification has ended: then no field is secret */
  delivery(delivery: Delivery, ended: boolean): DeliveryBody;
  /** Null where it is not verified. */
  proof(verification: Verification): ProofBody | null;
}

export function createRepresentation(channels: readonly ShownChannel[]): Representation {
  const byName = new Map(channels.map((channel) => [channel.name, channel]));

  function deliveryBody(delivery: Delivery, ended: boolean): DeliveryBody {
    const { number, channel, to, state, reason, cost, details, startedAtMs, endedAtMs } = delivery;
    return {
      ...{ number, channel, to, state, reason, cost },
      started_at: rfc3339(startedAtMs),
      ended_at: rfc3339OrNull(endedAtMs),
      // A step that was refused has nothing of its channel's.
      ...(details !== null && { [channel]: byName.get(channel)?.describe(delivery, ended) }),
    };
  }

  function proofBody(verification: Verification): ProofBody | null {
    const { status, endedAtMs, proofDelivery, deliveries, appCode } = verification;
    const delivery = deliveries.find(({ number }) => number === proofDelivery);
    const channel = byName.get(delivery?.channel ?? "");
    if (status !== "verified" || endedAtMs === null || delivery === undefined || channel === undefined) return null;
    const code = delivery.codeLength === null ? null : appCode ? "app" : "gateway";
    const at = rfc3339(endedAtMs);
    return { kind: channel.proves, value: delivery.to, channel: channel.name, at, code, ...markOf(verification) };
  }

  return {
    delivery: deliveryBody,
    proof: proofBody,
    verification(verification, next) {
      const { reference, metadata, status } = verification;
      const { channel, reason } = newestOf(verification);
      const deliveries = verification.deliveries.map((delivery) => deliveryBody(delivery, isTerminal(status)));
      return {
        id: verification.id,
        status,
        reason,
        to: verification.to,
        country: verification.country,
        channel,
        code_length: verification.codeLength,
        checks_left: verification.checksLeft,
        delivery: deliveries.at(-1) as DeliveryBody,
        deliveries,
        next_channels: next.map((one) => ({ channel: one.channel, available_at: rfc3339(one.availableAtMs) })),
        proof: proofBody(verification),
        ...{ reference, metadata },
        created_at: rfc3339(verification.createdAtMs),
        expires_at: rfc3339(verification.expiresAtMs),
        ended_at: rfc3339OrNull(verification.endedAtMs),
        ...markOf(verification),
      };
    },
  };
}

/** A shadow answer has none: it looks like any other. */
function markOf({ simulated }: Verification): { readonly test?: true } {
  return simulated === "test" ? { test: true } : {};
}

/** @param ms since the epoch */
export function rfc3339(ms: number): string {
  const second = Math.floor(ms / 1000);
  let head = heads.get(second);
  if (head === undefined) {
    // Throws where it is no time.
    head = new Date(ms).toISOString().slice(0, -"000Z".length);
    if (heads.size >= mostHeads) heads.clear();
    heads.set(second, head);
  }
  return `${head}${String(Math.floor(ms) - second * 1000).padStart(3, "0")}Z`;
}

/** Up to the fraction, by second: one second's calls share theirs, and those of their ends. */
const heads = new Map<number, string>();
const mostHeads = 32;

export function rfc3339OrNull(ms: number | null): string | null {
  return ms === null ? null : rfc3339(ms);
}
