/** The gateway's own SIP as operators and metrics see it. */
import type { InboundCounts } from "../../sip/inbound/index.ts";
import type { LocatorStatus } from "../../sip/location/port.ts";
import type { Reach } from "../../sip/qualify/verdict.ts";
import type { TransportStatus } from "../../sip/transport/port.ts";
import type { CertificateEnd } from "./certificates.ts";

/** Totals since the gateway began to listen, and what is so now. */
export interface SipStatus extends Pick<TransportStatus, "counters" | "connections"> {
  readonly requests: Readonly<InboundCounts>;
  readonly transactions: {
    readonly open: number;
    /** Beyond `sip.limits.transactions`: calls that were not placed, requests that got 503. */
    readonly refused: number;
  };
  /** Calls of other gateways that this one canceled. */
  readonly takeovers: number;
  /** Copies for the HEP collector; null: there is none. */
  readonly hep: { readonly sent: number; readonly dropped: number } | null;
  /** What is known of where the trunks' requests go (RFC 3263). */
  readonly names: Pick<LocatorStatus, "hops" | "stale" | "failing" | "penalized">;
  /** Routes of carriers that no request can carry. */
  readonly refusedRoutes: number;
  readonly trunks: readonly SipTrunkStatus[];
  readonly certificates: readonly CertificateEnd[];
}

export interface SipTrunkStatus {
  readonly trunk: string;
  /** Null: it does not register. */
  readonly registered: boolean | null;
  /** By the answers to OPTIONS; null: none are sent. */
  readonly reach: Reach | null;
  /** Of the last answer to OPTIONS; null: none came, or none is asked for. */
  readonly roundTripMs: number | null;
}
