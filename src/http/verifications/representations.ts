/** Verifications and checks in JSON. */
import { isIP } from "node:net";
import type { Static } from "typebox";
import type { Proofs } from "../../proofs/index.ts";
import { createRepresentation, type ShownChannel } from "../../verification/representation.ts";
import type {
  CheckAnswer,
  Guess,
  NextChannel,
  StartRequest,
  StepRequest,
  Verification,
} from "../../verification/types.ts";
import { invalidBody } from "../errors/parts.ts";
import type { CheckAnswerBody, GuessBody } from "./check-schemas.ts";
import type { StartBody, verificationBody } from "./schemas.ts";

export type VerificationBody = Static<ReturnType<typeof verificationBody>>;

/** In bytes of JSON: a whole record stays below 8 KiB of Redis. */
const maxMetadataBytes = 4096;

/** @returns a function that converts a verification to its API representation */
export function createVerificationBody(channels: readonly ShownChannel[], showProof: ShowProof) {
  const { verification: represent } = createRepresentation(channels);
  // The schema has each channel's own type where the representation has what `describe` returned.
  return (verification: Verification, next: readonly NextChannel[]): VerificationBody =>
    ({ ...represent(verification, next), ...showProof(verification) }) as VerificationBody;
}

/** @throws {RequestRefusal} where the content of a field is wrong */
export function startRequest(body: StartBody): StartRequest {
  refuseAddress(body);
  const { to, country, channel, workflow, calls, code_length: codeLength, code, locale } = body;
  const { reference, metadata, client, override } = body;
  if (metadata !== undefined && Buffer.byteLength(JSON.stringify(metadata)) > maxMetadataBytes) {
    const detail = `must be at most ${maxMetadataBytes} bytes of JSON`;
    throw invalidBody("/metadata", detail);
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
    ...(client?.ip !== undefined && { ip: client.ip }),
    ...(client?.device !== undefined && { device: client.device }),
    ...(override !== undefined && { override }),
  };
}

function stepRequest({ channel, to, wait_seconds: wait }: NonNullable<StartBody["workflow"]>[number]): StepRequest {
  return { channel, ...(to !== undefined && { to }), ...(wait !== undefined && { waitMs: wait * 1000 }) };
}

function refuseAddress({ client }: StartBody): void {
  if (client?.ip === undefined || isIP(client.ip) !== 0) return;
  const detail = "must be an IPv4 or IPv6 address, without port or brackets";
  throw invalidBody("/client/ip", detail);
}

/** @throws {RequestRefusal} where not exactly one of its keys is there */
export function guessOf({ code, caller_id, caller_ids }: GuessBody): Guess {
  const given = [code, caller_id, caller_ids].filter((one) => one !== undefined);
  if (given.length !== 1) {
    const detail = "must have exactly one of `code`, `caller_id` and `caller_ids`";
    throw invalidBody("", detail);
  }
  return code === undefined ? { callerIds: caller_ids ?? [caller_id ?? ""] } : { code };
}

/** Makes what an answer says of a signed result; nothing where results are not signed. */
export type ShowProof = (verification: Verification | null) => { readonly proof_token?: string | null };

/** @param proofs left out: results are not signed */
export function createShowProof(proofs?: Pick<Proofs, "enabled" | "tokenOf">): ShowProof {
  if (proofs === undefined || !proofs.enabled) return () => ({});
  return (verification) => ({ proof_token: verification === null ? null : proofs.tokenOf(verification) });
}

export function checkAnswerBody(answer: CheckAnswer, showProof: ShowProof): Static<typeof CheckAnswerBody> {
  const { id, status, valid, checksLeft, proven, test } = answer;
  return { id, status, valid, checks_left: checksLeft, ...(test && { test }), ...showProof(proven) };
}
