/** The Asterisk that a driver is connected to. */
export interface AsteriskInfo {
  readonly version: string;
  /** Changes with every start of Asterisk. */
  readonly startupTime: string;
}
