/** Limits and lifetimes of a verification, and which channels it uses. */
import { Type } from "typebox";
import { workflowKeys } from "../apps/workflow-config.ts";
import { count, type StaticKeys, seconds, text } from "../typed-yaml/parts.ts";

/** The keys of section `verification` that hold for every channel. */
export const verificationKeys = {
  ttl_seconds: seconds(
    300,
    30,
    600,
    "Lifetime of a code. NIST SP 800-63B allows at most 600; 300 leave time for a resend.",
  ),
  retention_seconds: seconds(
    3600,
    60,
    604_800,
    "How long an ended verification can still be read. Apps read it within minutes; each takes memory of Redis for so long.",
  ),
  message_code_length: count(
    6,
    4,
    10,
    "Digits of a code that is sent or spoken. 6: what people expect of a message, and 10 guesses succeed with a probability of 0.001 %.",
  ),
  max_checks: count(
    3,
    1,
    10,
    "Checks per verification. 3 guesses at 10,000 codes succeed with a probability of 0.03 %.",
  ),
  wrong_checks_per_callee: count(
    10,
    1,
    100,
    "Wrong checks per callee in the window, over all its verifications; by NIST SP 800-63B (at most 100) a new code does not reset the count. 10 guesses at 10,000 codes: 0.1 %.",
  ),
  wrong_checks_window_seconds: seconds(
    86_400,
    3600,
    2_592_000,
    "Window of wrong_checks_per_callee. A day, so that guessing one number's codes for a year succeeds less than one time in three.",
  ),
  starts_per_callee_per_hour: count(
    5,
    1,
    100,
    "Calls to one callee per hour, resends included: the API must not serve to harass people.",
  ),
  start_gap_seconds: seconds(
    15,
    0,
    3600,
    "Minimum interval between two calls to one callee: the first should be over and in the call log.",
  ),
  max_guess_probability: Type.Number({
    default: 0.001,
    exclusiveMinimum: 0,
    maximum: 0.1,
    description:
      "Upper limit of wrong_checks_per_callee × the odds of one guess. 0.001 is 10 guesses at a 10,000 block. With min_calls: 2 the codes are pairs of caller IDs. Where codes of the same length are open at once their odds add up; a delivery that would pass the limit voids the oldest of them.",
  }),
  workflow: Type.Optional(
    workflowKeys.workflow(
      "The channels of a verification whose start names none, in their order; an app may have its own (apps.<name>.workflow). Without it the first channel that is configured, and no fallback.",
    ),
  ),
  first_channel: Type.Optional(
    Type.Record(
      text("^([A-Z]{2}|\\+[1-9]\\d{0,14})$", "an ISO 3166 country such as DE, or a callee prefix such as +4479"),
      text("^[a-z][a-z0-9_]*$", "the name of a channel"),
      {
        maxProperties: 1000,
        description:
          "The channel that a default workflow begins with, by callee: its longest prefix here, else its country. The other steps follow in their order.",
      },
    ),
  ),
  channels_by_network: Type.Optional(
    workflowKeys.channels_by_network(
      "The channels that a default workflow begins with, in their order, by the callee's network (code or name; docs/networks.md), such as `25001: [sms]`; the other steps follow, and without a workflow these are all. It goes before first_channel; an app may have its own (apps.<name>.channels_by_network).",
    ),
  ),
  channel_caps: Type.Optional(
    Type.Record(text("^[a-z][a-z0-9_]*$", "the name of a channel"), Type.Integer({ minimum: 1, maximum: 1000 }), {
      maxProperties: 20,
      description:
        "Deliveries of a channel to one recipient per hour, over all apps; without an entry starts_per_callee_per_hour, and for missed calls, which are counted by that, none.",
    }),
  ),
  idempotency_ttl_seconds: seconds(
    86_400,
    60,
    604_800,
    "How long an Idempotency-Key is remembered. A day covers the retries of a job queue.",
  ),
};

/** The section as the core sees it: without the keys that channels add (channels/missed-call/config.ts). */
export type VerificationSettings = StaticKeys<typeof verificationKeys>;
