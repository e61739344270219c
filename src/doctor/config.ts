/** The sections of the configuration that the doctor examines. */
import type { AppConfig } from "../apps/config.ts";
import type { RangeConfig } from "../caller-ids/ranges-config.ts";
import type { ReputationConfig } from "../caller-ids/reputation-config.ts";
import type { MissedCallSettings } from "../channels/missed-call/config.ts";
import type { AdminConfig } from "../operations/config.ts";
import type { RedisConfig } from "../redis/config.ts";
import type { TelephonyConfig } from "../telephony/config.ts";
import type { VerificationSettings } from "../verification/config.ts";
import type { KeySecrets } from "../verification/key-ring.ts";
import type { CanaryConfig } from "./canary/config.ts";

export interface DoctorConfig extends TelephonyConfig {
  readonly redis: RedisConfig;
  readonly secrets: { readonly hmac_key: string; readonly sealing_key?: KeySecrets };
  readonly ranges: Readonly<Record<string, RangeConfig>>;
  readonly caller_id_reputation: ReputationConfig;
  readonly verification: VerificationSettings & MissedCallSettings;
  readonly apps: Readonly<Record<string, AppConfig>>;
  readonly admin?: AdminConfig;
  readonly canary?: CanaryConfig;
}
