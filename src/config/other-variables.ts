/** Environment variables that begin like settings and are none: an operator's shell may have them beside those. */

/** An operator's API key, for `onering trace`. */
export const operatorKeyVariable = "ONERING_OPERATOR_KEY";
/** An app's API key, for `onering scrub --watch`. */
export const apiKeyVariable = "ONERING_API_KEY";
/** The database that `onering scrub` cleans, with its password. */
export const scrubDatabaseVariable = "ONERING_SCRUB_DATABASE_URL";

export const otherVariables: readonly string[] = [
  operatorKeyVariable,
  apiKeyVariable,
  scrubDatabaseVariable,
  // The clients in docs/examples: an app's key, and where the gateway is.
  ...["ONERING_KEY", "ONERING_URL"],
  // The file that docker-compose.yml mounts.
  "ONERING_CONFIG",
  // Chromium for the browser tests.
  "ONERING_CHROMIUM",
];
