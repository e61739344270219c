/** What one app's endpoints may take of all deliveries. */
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Problem } from "../typed-yaml/errors.ts";
import type { WebhooksConfig } from "./config.ts";

interface Sections {
  readonly webhooks: Pick<WebhooksConfig, "concurrency" | "concurrency_per_endpoint" | "endpoints_per_app">;
}

export const webhookChecks: readonly CrossCheck<Sections>[] = [{ reads: ["webhooks"], problems: appsLeaveRoom }];

/** Endpoints that answer slowly keep their deliveries for seconds: those of one app must leave half to the others. */
function appsLeaveRoom({ webhooks }: Sections, isSound: IsSound): Problem[] {
  const names = ["concurrency", "concurrency_per_endpoint", "endpoints_per_app"] as const;
  if (!names.every((name) => isSound(["webhooks", name]))) return [];
  const least = 2 * webhooks.concurrency_per_endpoint * webhooks.endpoints_per_app;
  if (webhooks.concurrency >= least) return [];
  const expected = `at least ${least} (2 × concurrency_per_endpoint × endpoints_per_app), so that one app's endpoints leave half to the others; or lower one of these`;
  return [{ path: ["webhooks", "concurrency"], given: String(webhooks.concurrency), expected }];
}
