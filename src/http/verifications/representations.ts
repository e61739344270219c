/** Verifications and checks in JSON. */
import type { Static } from "typebox";
import { Refusal } from "../../shared/refusal.ts";
import type { OpenChannel } from "../../verification/channel-set.ts";
import { isTerminal } from "../../verification/machine.ts";
import {
  type CheckAnswer,
  type Delivery,
  type Guess,
  type NextChannel,
  newestOf,
  type StartRequest,
  type StepRequest,
  type Verification,
} from "../../verification/types.ts";
import { RequestRefusal } from "../errors/request-refusal.ts";
import type { CheckAnswerBody, GuessBody } from "./check-schemas.ts";
import type { StartBody, verificationBody } from "./schemas.ts";

export type VerificationBody = Static<ReturnType<typeof verificationBody>>;

/** In bytes of JSON: a whole record stays below 8 KiB of Redis. */
const maxMetadataBytes = 4096;

/** The parts of a channel that are needed to represent its deliveries. */
type Shown = Pick<OpenChannel, "name" | "proves" | "describe">;

/** @returns a function that converts a verification to its API representation */
export function createVerificationBody(channels: readonly Shown[]) {
  const byName = new Map(channels.map((channel) => [channel.name, channel]));

  function deliveryBody(delivery: Delivery, { status }: Verification) {
    const { number, channel, to, state, reason, cost, details, startedAtMs, endedAtMs } = delivery;
    return {
      ...{ number, channel, to, state, reason, cost },
      started_at: rfc3339(startedAtMs),
      ended_at: rfc3339OrNull(endedAtMs),
      // A step that was refused has nothing of its channel's.
      ...(details !== null && { [channel]: byName.get(channel)?.describe(delivery, isTerminal(status)) }),
    };
  }

  function proofBody(verification: Verification): VerificationBody["proof"] {
    const { status, endedAtMs, proofDelivery, deliveries, appCode } = verification;
    const delivery = deliveries.find(({ number }) => number === proofDelivery);
    const channel = byName.get(delivery?.channel ?? "");
    if (status !== "verified" || endedAtMs === null || delivery === undefined || channel === undefined) return null;
    const code = delivery.codeLength === null ? null : appCode ? "app" : "gateway";
    return { kind: channel.proves, value: delivery.to, channel: channel.name, at: rfc3339(endedAtMs), code };
  }

  return (verification: Verification, next: readonly NextChannel[]): VerificationBody => {
    const { reference, metadata, deliveries } = verification;
    const { channel, reason } = newestOf(verification);
    const bodies = deliveries.map((delivery) => deliveryBody(delivery, verification));
    return {
      id: verification.id,
      status: verification.status,
      reason,
      to: verification.to,
      country: verification.country,
      channel,
      code_length: verification.codeLength,
      checks_left: verification.checksLeft,
      delivery: bodies.at(-1) as VerificationBody["delivery"],
      deliveries: bodies as VerificationBody["deliveries"],
      next_channels: next.map((one) => ({ channel: one.channel, available_at: rfc3339(one.availableAtMs) })),
      proof: proofBody(verification),
      ...{ reference, metadata },
      created_at: rfc3339(verification.createdAtMs),
      expires_at: rfc3339(verification.expiresAtMs),
      ended_at: rfc3339OrNull(verification.endedAtMs),
    };
  };
}

/** @throws {Refusal} `not_supported` for parts of the contract that this version does not support */
export function startRequest(body: StartBody): StartRequest {
  refuseUnsupported(body);
  const { to, country, channel, workflow, calls, code_length: codeLength, code, locale } = body;
  const { reference, metadata, client } = body;
  if (metadata !== undefined && Buffer.byteLength(JSON.stringify(metadata)) > maxMetadataBytes) {
    const detail = `must be at most ${maxMetadataBytes} bytes of JSON`;
    throw new RequestRefusal(400, "The request body is invalid; see `errors`.", [{ pointer: "#/metadata", detail }]);
  }
  return {
    to,
    ...(country !== undefined && { country }),
    ...(channel !== undefined && { channel }),
    ...(workflow !== undefined && { workflow: workflow.map(stepRequest) }),
    ...(code !== undefined && { code }),
    ...(locale !== undefined && { locale }),
    ...(calls !== undefined && { calls }),
    ...(codeLength !== undefined && { codeLength }),
    ...(reference !== undefined && { reference }),
    ...(metadata !== undefined && { metadata }),
    ...(client?.session !== undefined && { session: client.session }),
  };
}

function stepRequest({ channel, to, wait_seconds: wait }: NonNullable<StartBody["workflow"]>[number]): StepRequest {
  return { channel, ...(to !== undefined && { to }), ...(wait !== undefined && { waitMs: wait * 1000 }) };
}

function refuseUnsupported({ client }: StartBody): void {
  const given = { "client.ip": client?.ip, "client.device": client?.device };
  const names = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (names.length === 0) return;
  throw new Refusal(
    "not_supported",
    `Not supported by this version: ${names.map((name) => `\`${name}\``).join(", ")}. Leave ${names.length === 1 ? "it" : "them"} out.`,
  );
}

/** @throws {RequestRefusal} where not exactly one of its keys is there */
export function guessOf({ code, caller_id, caller_ids }: GuessBody): Guess {
  const given = [code, caller_id, caller_ids].filter((one) => one !== undefined);
  if (given.length !== 1) {
    const detail = "must have exactly one of `code`, `caller_id` and `caller_ids`";
    throw new RequestRefusal(400, "The request body is invalid; see `errors`.", [{ pointer: "#", detail }]);
  }
  return code === undefined ? { callerIds: caller_ids ?? [caller_id ?? ""] } : { code };
}

export function checkAnswerBody(answer: CheckAnswer): Static<typeof CheckAnswerBody> {
  return { id: answer.id, status: answer.status, valid: answer.valid, checks_left: answer.checksLeft };
}

function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}

function rfc3339OrNull(ms: number | null): string | null {
  return ms === null ? null : rfc3339(ms);
}
