/** Validates requests to Asterisk. Drivers check every request once more: an invalid string would reach SIP. */

import { type CallRequest, OriginateError, type Playback } from "./port.ts";
import { isDialString, isSignalledCallerId } from "./signalled-number.ts";

// JavaScript's `$` without the m flag matches at the very end only, so no line break passes.
const callIdPattern = /^[A-Za-z0-9_-]{1,100}$/;
const endpointPattern = /^[A-Za-z0-9_.-]{1,60}$/;
/** Far longer than any of our calls; Asterisk takes seconds as a signed 32-bit number. */
const maxFailSafeSeconds = 600;
/** What Asterisk's names of sounds and languages may contain here: nothing that ends a list or a URI. */
const soundPattern = /^[A-Za-z0-9_-]{1,40}(?:\/[A-Za-z0-9_-]{1,40}){0,3}$/;
const languagePattern = /^[A-Za-z0-9_]{2,40}$/;
const e164 = /^\+[1-9]\d{2,14}$/;
const playbackIdPattern = /^[a-z0-9]{1,20}$/;
/** Two readings of the longest code with some prompts. */
const maxSounds = 40;

/**
 * @throws {OriginateError} `refused`, naming the field but never its value
 */
export function assertCallRequest(request: CallRequest): void {
  const checks: readonly (readonly [string, boolean])[] = [
    ["callId", isCallId(request.callId)],
    ["endpoint", typeof request.endpoint === "string" && endpointPattern.test(request.endpoint)],
    ["callee", isDialString(request.callee)],
    ["callerId", isSignalledCallerId(request.callerId)],
    ["e164", request.e164 === undefined || (isPlus(request.e164.callee) && isPlus(request.e164.callerId))],
    ["failSafeSeconds", isFailSafe(request.failSafeSeconds)],
    ["limitSeconds", request.limitSeconds === undefined || isFailSafe(request.limitSeconds)],
  ];
  const broken = checks.filter(([, fine]) => !fine).map(([field]) => field);
  if (broken.length > 0) throw new OriginateError("refused", `refused before sending; invalid: ${broken.join(", ")}`);
}

/** @throws {Error} naming the field but never its value */
export function assertPlayback({ id, sounds, language }: Playback): void {
  const checks: readonly (readonly [string, boolean])[] = [
    ["id", playbackIdPattern.test(id)],
    ["sounds", sounds.length >= 1 && sounds.length <= maxSounds && sounds.every((one) => soundPattern.test(one))],
    ["language", languagePattern.test(language)],
  ];
  const broken = checks.filter(([, fine]) => !fine).map(([field]) => field);
  if (broken.length > 0) throw new Error(`playback refused before sending; invalid: ${broken.join(", ")}`);
}

/** Whether a string is a valid call id. */
export function isCallId(callId: unknown): callId is string {
  return typeof callId === "string" && callIdPattern.test(callId);
}

const isPlus = (number: unknown) => typeof number === "string" && e164.test(number);

function isFailSafe(seconds: number): boolean {
  return Number.isInteger(seconds) && seconds >= 1 && seconds <= maxFailSafeSeconds;
}
