/** Who may operate the gateway over HTTP. */
import type { Static } from "typebox";
import { apiKeyHashes } from "../apps/config.ts";
import { section } from "../typed-yaml/parts.ts";

export const Admin = section("The operator's API under /v1/admin. Without this section it does not exist.", {
  api_keys_sha256: apiKeyHashes(
    "SHA-256 of each operator's key; `onering key` makes a key and prints both. One for each operator: the log says who drained what. No app's key works here, and none of these works for an app.",
  ),
});

export type AdminConfig = Static<typeof Admin>;
