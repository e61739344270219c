/** The operators who may use the admin API. */
import type { Static } from "typebox";
import { apiKeyHashes } from "../apps/config.ts";
import { section } from "../typed-yaml/parts.ts";

export const Admin = section("The operator's API under /v1/admin; off without this section.", {
  api_keys_sha256: apiKeyHashes(
    "SHA-256 of each operator's key; `onering key` makes a key and prints both. One per operator, because the log names the key that drained a trunk. Keys of apps are refused here, and these for apps.",
  ),
});

export type AdminConfig = Static<typeof Admin>;
