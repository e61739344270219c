/** A request to another server and its answer, the same over HTTP/1.1 and HTTP/2. */
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Clock } from "../shared/clock.ts";
import { OutgoingHttpError } from "./failure.ts";
import type { Resolve } from "./resolve.ts";

export interface OutgoingRequest {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface OutgoingResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface OutgoingHttp {
  /**
   * Sends one request, once: it follows no redirect and repeats nothing.
   * @throws {OutgoingHttpError} where there is no answer; an answer of any status is none
   */
  request(request: OutgoingRequest): Promise<OutgoingResponse>;
  /** Connects and disconnects, without a request. @throws {OutgoingHttpError} */
  reach(url: URL): Promise<void>;
  /** Closes what is idle; ends what is in progress. */
  close(): void;
  /** Another one sends from now on: closes once nothing is in progress. */
  retire(): void;
}

export interface OutgoingHttpOptions {
  readonly clock: Clock;
  /** Also the operator's own networks, and plain http; metadata addresses never. */
  readonly allowPrivate: boolean;
  /** From the call to the last byte of the answer, waiting for a connection included. */
  readonly deadlineMs: number;
  /** Requests to one host at the same time; further ones wait. */
  readonly maxConcurrent?: number;
  readonly maxResponseBytes?: number;
  /** In tests. */
  readonly resolve?: Resolve;
  /** PEM of a certificate authority to trust beside none other, in tests. */
  readonly ca?: string;
}

/** Answers of the services that are asked here take under 2 KiB. */
export const defaultMaxResponseBytes = 65_536;
export const defaultMaxConcurrent = 50;
/** Requests that wait or run for one host, for each that may run. */
export const waitingFactor = 10;
export const maxHeaderBytes = 16_384;

/** The whole body. Rejects where it is too large, or ends early. */
export function readBody(stream: Readable, maxBytes: number, host: string, status: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    stream.on("data", (part: Buffer) => {
      length += part.length;
      if (length > maxBytes) reject(new OutgoingHttpError("too_large", host, { sent: true, status }));
      else parts.push(part);
    });
    let ended = false;
    stream.once("end", () => {
      ended = true;
      resolve(Buffer.concat(parts));
    });
    stream.once("error", reject);
    stream.once("close", () => {
      // Without `end`: the connection broke.
      if (!ended) reject(new OutgoingHttpError("broken", host, { sent: true, status }));
    });
  });
}

/** The body as JSON: an object, or null for anything else. Never throws. */
export function jsonOf(response: Pick<OutgoingResponse, "body">): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(response.body.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** No server asks for more than this: beyond it, waiting is the operator's decision. */
const longestRetryAfterMs = 3_600_000;

/** Retry-After in milliseconds, as seconds or as a date (RFC 9110 §10.2.3); null without one that can be read. */
export function retryAfterMsOf(headers: IncomingHttpHeaders, nowMs: number): number | null {
  const text = headers["retry-after"];
  if (text === undefined) return null;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), longestRetryAfterMs) : null;
}
