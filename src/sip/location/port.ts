/** The port of RFC 3263: from the name in a configuration to addresses. */
import type { ConnectionRules, Target, TransportProtocol } from "../transport/port.ts";

/** What a configuration says of the next hop. */
export interface NextHop {
  /** A name, or an IPv4 or IPv6 address without brackets. */
  readonly host: string;
  /** Given: neither NAPTR nor SRV is asked for (RFC 3263 section 4.2). */
  readonly port?: number;
  /** Left out: NAPTR decides, and UDP where there is none. */
  readonly protocol?: TransportProtocol;
  /** Copied to each target, whose `serverName` is this host. */
  readonly rules?: ConnectionRules;
}

export interface Locator {
  /**
   * Targets in the order in which they are tried (priorities, weights drawn at random; those that failed lately last), from
   * the cache where it is valid. Has a deadline; where names cannot be asked, what was known last counts on.
   * @returns at most 16; none where the name has no address
   */
  locate(hop: NextHop): Promise<readonly Target[]>;
  /** The same without waiting; null where a name server must be asked first. */
  known(hop: NextHop): readonly Target[] | null;
  /**
   * All targets as they were last known, however long ago, in no order: whose requests may be the trunk's own. A name that was
   * not asked for yet, or is out of date, is asked for in the background.
   */
  all(hop: NextHop): readonly Target[];
  /**
   * A target did not take a request (no connection, or one that broke, or Timer B or F, or the wait for a call's end, without any
   * response; 503): it is tried last for a while.
   * @param forMs as its Retry-After asked; it counts up to five minutes
   */
  failed(target: Target, forMs?: number): void;
  /** It took a request, which a 100 does not show: a penalty ends, but not before a Retry-After is over. Cheap where there is none. */
  worked(target: Target): void;
  status(): LocatorStatus;
  /** Ends open questions. What is known is still given. */
  stop(): void;
}

/** For metrics. */
export interface LocatorStatus {
  readonly hops: number;
  /** Hops whose answer is out of date and still used. */
  readonly stale: number;
  /** Hops whose last question failed. */
  readonly failing: number;
  /** Targets that failed lately. */
  readonly penalized: number;
  /** Since the start; `dropped`: too many questions were waiting. */
  readonly questions: { readonly asked: number; readonly failed: number; readonly dropped: number };
}
