/** How each driver reaches its Asterisk: the required configuration keys, and types that guarantee them. */
import type { AsteriskConfig } from "./config.ts";

type AriKey = "ari_url" | "ari_user" | "ari_password";

/** An Asterisk that is reached over ARI. */
export type AriConfig = AsteriskConfig & Required<Pick<AsteriskConfig, AriKey>>;

/** An Asterisk that is reached over AMI. */
export type AmiCallsConfig = AsteriskConfig & Required<Pick<AsteriskConfig, "ami">>;

const ariKeys: readonly AriKey[] = ["ari_url", "ari_user", "ari_password"];

/** The keys of `asterisks.<name>` without which a driver cannot work. A new driver must be named here to compile. */
export const keysNeeded: Readonly<Record<AsteriskConfig["driver"], readonly (AriKey | "ami")[]>> = {
  "ari-websocket": ariKeys,
  "ari-client": ariKeys,
  "asterisk-manager": ["ami"],
};

function hasAri(asterisk: AsteriskConfig): asterisk is AriConfig {
  return ariKeys.every((key) => asterisk[key] !== undefined);
}

/** @throws {Error} where the configuration was not checked */
export function ariOf(asterisk: AsteriskConfig): AriConfig {
  if (!hasAri(asterisk)) throw new Error(`the driver ${asterisk.driver} needs ${ariKeys.join(", ")}`);
  return asterisk;
}

/** @throws {Error} where the configuration was not checked */
export function amiOf(asterisk: AsteriskConfig): AmiCallsConfig {
  const { ami } = asterisk;
  if (ami === undefined) throw new Error(`the driver ${asterisk.driver} needs ami`);
  return { ...asterisk, ami };
}
