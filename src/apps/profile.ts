/** What an app may use, and its defaults: `apps.<name>` of the configuration, or as the API made it. */

import { createNetworkTable, type NetworkTable } from "../numbers/networks/match.ts";
import type { AppApprovalConfig } from "./approval-config.ts";
import { boundsOf, noBounds, type ProfileBounds } from "./bounds.ts";
import type { AppCapsConfig } from "./caps-config.ts";
import type { AppProfileConfig } from "./config.ts";
import type { AppLimitsConfig } from "./limits-config.ts";
import type { NumberHealthAction } from "./number-health-config.ts";
import { createTestNumbers, noTestNumbers, type TestNumbers } from "./test-numbers.ts";

/** One step of a default workflow. */
export interface ProfileStep {
  readonly channel: string;
  /** Null: the channel's own. */
  readonly waitMs: number | null;
}

export interface AppProfile extends ProfileBounds {
  /** ISO 3166 countries that it may call; null: no narrower than `numbers`. */
  readonly allowedCountries: readonly string[] | null;
  /** Names of the channels that it may use; null: all. */
  readonly channels: readonly string[] | null;
  /** Its default workflow; null: the gateway's. */
  readonly workflow: readonly ProfileStep[] | null;
  /** Network → the channels that its default workflow begins with; null: as the gateway. */
  readonly channelsByNetwork: NetworkTable<readonly string[]> | null;
  /** Whether it may give codes of its own. */
  readonly customCode: boolean;
  /** Whether one verification may prove different things, or different recipients. */
  readonly mixedProofs: boolean;
  /** Whether a step by waiting to a channel that costs money needs a sign of a person. */
  readonly needsPerson: boolean;
  /** Whether each answer to a start has a client token. */
  readonly clientTokens: boolean;
  /** Whose pages may use its tokens. */
  readonly corsOrigins: readonly string[];
  /** The human check of starts by start tokens; null: none. */
  readonly humanCheck: string | null;
  /** Its approval webhook; null: none. */
  readonly approval: AppApprovalConfig | null;
  /** What is done with what deliveries taught about a number. */
  readonly numberHealth: NumberHealthAction;
  /** Limits of its calls; keys that are left out default to those of `limits.apps`. */
  readonly limits: AppLimitsConfig;
  /** What it may use in a UTC day; null: no caps of its own. */
  readonly caps: AppCapsConfig | null;
  readonly testNumbers: TestNumbers;
}

export const standardProfile: AppProfile = {
  ...{
    allowedCountries: null,
    channels: null,
    workflow: null,
    channelsByNetwork: null,
    customCode: false,
    mixedProofs: false,
  },
  needsPerson: true,
  ...{ clientTokens: false, corsOrigins: [], humanCheck: null, approval: null },
  numberHealth: "refuse",
  limits: {},
  caps: null,
  ...noBounds,
  testNumbers: noTestNumbers,
};

/** Of an app that is not there any more: what has begun ends, and nothing new begins. */
export const noProfile: AppProfile = { ...standardProfile, channels: [] };

export function profileOf(app: AppProfileConfig): AppProfile {
  return {
    allowedCountries: app.allowed_countries ?? null,
    channels: app.channels ?? null,
    workflow: app.workflow?.map(readStep) ?? null,
    channelsByNetwork:
      app.channels_by_network === undefined ? null : createNetworkTable(Object.entries(app.channels_by_network)),
    customCode: app.custom_code ?? false,
    mixedProofs: app.mixed_proofs ?? false,
    needsPerson: app.needs_person ?? true,
    clientTokens: app.client_tokens ?? false,
    corsOrigins: app.cors_origins ?? [],
    humanCheck: app.human_check ?? null,
    approval: app.approval ?? null,
    numberHealth: app.number_health ?? "refuse",
    limits: app.limits ?? {},
    caps: app.caps ?? null,
    ...boundsOf(app),
    testNumbers: createTestNumbers(app.test_numbers),
  };
}

export function readStep(step: { readonly channel: string; readonly wait_seconds?: number }): ProfileStep {
  return { channel: step.channel, waitMs: step.wait_seconds === undefined ? null : step.wait_seconds * 1000 };
}
