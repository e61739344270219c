/** Who sent a request: an app, by one of its keys or by a token that stands for less than a key. */
import type { CalleeBounds } from "../numbers/types.ts";
import { allScopes, type Scope } from "./scopes.ts";

/** Its bounds narrow which callees it may contact, within `numbers` of the configuration. */
export interface AppIdentity extends CalleeBounds {
  readonly name: string;
  /** What the key or the token permits. */
  readonly scopes: ReadonlySet<Scope>;
  /** The key's id; null: a key of the configuration, or a token. */
  readonly keyId: string | null;
  /** What a client's token is bound to; null: a key, which is the app's backend. */
  readonly client: ClientIdentity | null;
}

/** A browser or phone with a client token of one verification, or with a start token. */
export type ClientIdentity = { readonly verification: string } | { readonly start: true };

/** The app itself, where no request's permissions matter. */
export type AppRef = Pick<AppIdentity, "name" | "allowedCountries">;

/** An app's backend that may do everything, unless `given` says less. */
export function appIdentity(name: string, given: Partial<Omit<AppIdentity, "name">> = {}): AppIdentity {
  return { name, allowedCountries: null, scopes: allScopes, keyId: null, client: null, ...given };
}
