/** Examples for the API document. */
import { callerIdPattern } from "../../channels/missed-call/caller-id-pattern.ts";
import { exampleNumber } from "../schemas.ts";

export const startExamples = [
  { to: exampleNumber, reference: "sign-up 4711" },
  { to: exampleNumber, channel: "call_in" },
];

const times = { created_at: "2026-03-01T12:00:00.000Z", expires_at: "2026-03-01T12:05:00.000Z", ended_at: null };
const next = [
  { channel: "missed_call", available_at: "2026-03-01T12:00:15.000Z" },
  { channel: "call_in", available_at: "2026-03-01T12:00:15.000Z" },
];

const missedCall = {
  number: 1,
  channel: "missed_call",
  to: exampleNumber,
  state: "ringing",
  reason: null,
  started_at: "2026-03-01T12:00:00.000Z",
  ended_at: null,
  missed_call: {
    caller_id: { prefix: "+44770090", digits: 4, pattern: callerIdPattern("+44770090", 4) },
    calls: 1,
    calls_delivered: 0,
    ring: { ms: 5000, setup_limit_ms: 20_000 },
    attempt: null,
  },
};

const callIn = {
  number: 1,
  channel: "call_in",
  to: exampleNumber,
  state: "waiting",
  reason: null,
  started_at: "2026-03-01T12:00:00.000Z",
  ended_at: null,
  call_in: { number: "+442079460123" },
};

export const verificationExamples = [
  {
    id: "v03f9mUq0cR2kZs7XbT1yWaJd4",
    status: "sending",
    reason: null,
    to: exampleNumber,
    country: "GB",
    channel: "missed_call",
    code_length: 4,
    checks_left: 3,
    delivery: missedCall,
    deliveries: [missedCall],
    next_channels: next,
    proof: null,
    reference: "sign-up 4711",
    metadata: null,
    ...times,
  },
  {
    id: "v03f9QxW2dE7rT1yU5iO8pA4sF",
    status: "pending",
    reason: null,
    to: exampleNumber,
    country: "GB",
    channel: "call_in",
    code_length: null,
    checks_left: null,
    delivery: callIn,
    deliveries: [callIn],
    next_channels: next,
    proof: null,
    reference: null,
    metadata: null,
    ...times,
  },
];
