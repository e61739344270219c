/** The app that a request belongs to. */
export interface AppIdentity {
  readonly name: string;
  /** ISO 3166 countries that it may call; null: no narrower than `numbers` of the configuration. */
  readonly allowedCountries: readonly string[] | null;
}
