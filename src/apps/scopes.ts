/** What a key permits. A permission holds where it is in the app's profile *and* in the key's scopes. */

/**
 * `verify`: start, check, deliver again, cancel and read verifications, make start tokens and opt-out links, redeem results, block
 * recipients; `lookup`: look numbers up, clean lists; `live_lookup`: lookups that ask a network and cost money; `custom_code`: give
 * codes of the app's own; `read`: what the app has (verifications, events, records, statistics, decisions, webhook endpoints);
 * `admin`: change the app's own webhook endpoints. No scope opens `/v1/admin`.
 */
export const scopes = ["verify", "lookup", "live_lookup", "custom_code", "read", "admin"] as const;
export type Scope = (typeof scopes)[number];

export function isScope(text: string): text is Scope {
  return (scopes as readonly string[]).includes(text);
}

/** Of keys in the configuration that name none: they were made before there were scopes. */
export const allScopes: ReadonlySet<Scope> = new Set(scopes);

/** What a route needs: one scope, or any of several. */
export type ScopeNeed = Scope | readonly Scope[];

export function permits(held: ReadonlySet<Scope>, need: ScopeNeed): boolean {
  return typeof need === "string" ? held.has(need) : need.some((scope) => held.has(scope));
}

/** For errors and the reference: `verify`, or `verify` or `read`. */
export function scopesInWords(need: ScopeNeed): string {
  return (typeof need === "string" ? [need] : need).map((scope) => `\`${scope}\``).join(" or ");
}
