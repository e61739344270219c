/**
 * Redis only gets keyed hashes of secrets. A code has 10^4 values, so a plain hash would not protect it; without the key
 * an HMAC reveals nothing (RFC 2104). Each purpose has its own label, so that a value of one can never be used for
 * another.
 */
import { createHmacSha256 } from "../shared/hmac.ts";
import { publicNetwork } from "../shared/ip-address.ts";
import type { ClientRef, StartRequest } from "./types.ts";

/** base64url characters that are kept: 132 of 256 bits. RFC 2104 §5 asks for at least half. */
const hashLength = 22;

/** The callee's identity in the store. */
export interface CalleeRef {
  /** HMAC mod 65,536 in 4 hex digits: which Redis Cluster slot. */
  readonly bucket: string;
  /** 132 more bits of the same HMAC. */
  readonly hash: string;
}

export interface Hashes {
  /**
   * Whose limits they are. Without regard to case: nearly every mail server delivers all spellings of an address to one
   * mailbox (RFC 5321 § 2.4 leaves it to the host), and none may get around the limits of another.
   * @param to canonical: E.164 with the plus sign, an address, a registration
   */
  callee(to: string): CalleeRef;
  /** The whole code of one verification, of two calls too. Bound to its id, so that equal codes look different. */
  code(verificationId: string, code: string): string;
  /** A caller ID as shown to one callee: the same caller ID looks different for another. */
  callerId(callee: string, callerId: string): string;
  /** A caller ID independent of the callee: for counts over all callees. */
  presented(callerId: string): string;
  /** A client's session of one app. */
  session(app: string, session: string): string;
  /** The person's client as one app names it; null where it names nothing. */
  client(app: string, client: Pick<StartRequest, "ip" | "session" | "device">): ClientRef | null;
  /** What the guard counts by. @param kind a constant */
  scope(kind: string, text: string): string;
  /** A provider's message id in its receipts; ids of two channels never meet. */
  receipt(channel: string, receiptId: string): string;
  /** A substitute id where no verification is open: always the same for one app and number. */
  blindId(app: string, callee: string): string;
  /** An Idempotency-Key of one app. */
  idempotencyKey(app: string, key: string): string;
  /** Equal for requests with the same content, regardless of the order of their keys. */
  fingerprint(request: StartRequest): string;
}

/** Bound of the remembered hashes: those of a block's caller IDs, and of the prefixes that are called in a while. */
const mostKnown = 10_000;
/** Scopes that many callees share. Whole numbers, addresses and clients are not remembered. */
const sharedScopes: ReadonlySet<string> = new Set(["prefix", "range"]);

/** Remembers hashes of texts that come again and again. */
function remembering(hash: (label: string, text: string) => string): (label: string, text: string) => string {
  const known = new Map<string, string>();
  return (label, text) => {
    const key = `${label} ${text}`;
    let found = known.get(key);
    if (found === undefined) {
      found = hash(label, text);
      if (known.size >= mostKnown) known.clear();
      known.set(key, found);
    }
    return found;
  };
}

/** @param hmacKey `secrets.hmac_key`, at least 32 characters */
export function createHashes(hmacKey: string): Hashes {
  const hmac = createHmacSha256(Buffer.from(hmacKey, "utf8"));
  const short = (label: string, ...parts: string[]) =>
    hmac.base64url(`${label}\0${parts.join("\0")}`).slice(0, hashLength);

  const presented = remembering(short);
  const sharedScope = remembering((kind, text) => short("guard", kind, text));

  return {
    callee(to) {
      const whole = hmac.bytes(`callee\0${to.toLowerCase()}`);
      return {
        bucket: whole.toString("hex", 0, 2),
        hash: whole.toString("base64url", 2).slice(0, hashLength),
      };
    },
    code: (verificationId, code) => short("code", verificationId, code),
    callerId: (callee, callerId) => short("caller-id", callee, callerId),
    presented: (callerId) => presented("presented", callerId),
    session: (app, session) => short("session", app, session),
    client(app, { ip, session, device }) {
      const network = ip === undefined ? null : publicNetwork(ip);
      if (network === null && session === undefined && device === undefined) return null;
      return {
        ip: network === null ? null : short("client-ip", app, network),
        session: session === undefined ? null : short("session", app, session),
        device: device === undefined ? null : short("device", app, device),
      };
    },
    scope: (kind, text) => (sharedScopes.has(kind) ? sharedScope(kind, text) : short("guard", kind, text)),
    receipt: (channel, receiptId) => short("receipt", channel, receiptId),
    blindId(app, callee) {
      const { bucket } = this.callee(callee);
      return `v${bucket}${short("blind", app, callee)}`;
    },
    idempotencyKey: (app, key) => short("idempotency-key", app, key),
    fingerprint: (request) =>
      short(
        "request",
        JSON.stringify([
          request.to,
          request.country ?? null,
          request.channel ?? null,
          request.calls ?? null,
          request.codeLength ?? null,
          request.reference ?? null,
          request.metadata ? Object.entries(request.metadata).sort(byKey) : null,
          request.session ?? null,
          // Only where it is there: gateways one version older know none of it.
          ...(request.workflow || request.code || request.locale
            ? [request.workflow?.map(({ channel, to, waitMs }) => [channel, to, waitMs]), request.code, request.locale]
            : []),
          ...(request.override ? [{ override: request.override }] : []),
        ]),
      ),
  };
}

function byKey([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
