/** Reads the least of SIP (RFC 3261) that tells how an INVITE went. Strict and bounded, as what it reads is untrusted. */

interface Common {
  readonly cseq: number;
  readonly fromTag: string;
  /** Null outside a dialog. */
  readonly toTag: string | null;
}

export interface SipRequest extends Common {
  readonly kind: "request";
  readonly method: "INVITE" | "CANCEL" | "BYE";
}

/** A response to an INVITE. */
export interface InviteResponse extends Common {
  readonly kind: "response";
  readonly status: number;
  /** Whether it says where media go: with a 183 that is early media, music or an announcement. */
  readonly hasSdp: boolean;
  /** The Q.850 cause that a Reason header carries; other protocols in it do not count (RFC 3326). */
  readonly q850Cause: number | null;
}

export type SipMessage = SipRequest | InviteResponse;

/** Asterisk's INVITE measures 1.2 KB; a head this long is nobody's telephone call. */
const maxHeadBytes = 16_384;
const maxHeaders = 200;
/** Bounds what one expression below may look at. */
const maxValueLength = 2048;

const methods = ["INVITE", "CANCEL", "BYE"] as const;
const responseStart = "SIP/2.0 ";

/** Of which kind a message is, from its first bytes: the cheap question before everything else. Null: of no use to us. */
export function kindOf(sip: Buffer): SipRequest["method"] | "response" | null {
  // Most of what a busy Asterisk sends here is told apart by one byte: O(PTIONS), R(EGISTER), A(CK), N(OTIFY).
  const first = sip[0];
  if (first === 0x53) return startsWith(sip, responseStart) ? "response" : null;
  if (first !== 0x49 && first !== 0x43 && first !== 0x42) return null;
  return methods.find((method) => startsWith(sip, `${method} `)) ?? null;
}

/** Never throws. @returns null for anything but a well-formed INVITE, CANCEL, BYE or response to an INVITE */
export function parseSip(sip: Buffer): SipMessage | null {
  const kind = kindOf(sip);
  if (kind === null) return null;
  const end = sip.indexOf("\r\n\r\n", 0, "latin1");
  if (end < 0 || end > maxHeadBytes) return null;
  const head = sip.toString("latin1", 0, end);
  const headers = readHeaders(head);
  if (headers === null) return null;
  const [cseqText, from, to] = [headers.cseq, headers.from, headers.to].map((values) => only(values));
  const cseq = /^(\d{1,10})[ \t]+([A-Z]{1,20})$/.exec(cseqText ?? "");
  const fromTag = tagOf(from ?? "");
  if (!cseq || from === null || to === null || fromTag === null) return null;
  const common = { cseq: Number(cseq[1]), fromTag, toTag: tagOf(to ?? "") };
  if (kind !== "response") return cseq[2] === kind ? { kind: "request", method: kind, ...common } : null;
  const status = /^SIP\/2\.0 ([1-6]\d\d)(?: |\r|$)/.exec(head)?.[1];
  if (status === undefined || cseq[2] !== "INVITE") return null;
  const hasSdp = only(headers.contentType)?.toLowerCase().startsWith("application/sdp") ?? false;
  return { kind: "response", ...common, status: Number(status), hasSdp, q850Cause: q850Cause(headers.reason) };
}

interface Headers {
  readonly cseq: string[];
  readonly from: string[];
  readonly to: string[];
  readonly reason: string[];
  readonly contentType: string[];
}

/** Names in lower case, and compact forms (RFC 3261 section 7.3.3). CSeq and Reason have none. */
const wanted: ReadonlyMap<string, keyof Headers> = new Map([
  ["cseq", "cseq"],
  ["from", "from"],
  ["f", "from"],
  ["to", "to"],
  ["t", "to"],
  ["reason", "reason"],
  ["content-type", "contentType"],
  ["c", "contentType"],
]);

/** The first letters of those names, in lower case: most lines are told apart by theirs. */
const wantedLetters: ReadonlySet<number> = new Set([...wanted.keys()].map((name) => name.charCodeAt(0)));

/** @returns the headers that we look at, unfolded; null where one is no header or too long */
function readHeaders(head: string): Headers | null {
  const found: Headers = { cseq: [], from: [], to: [], reason: [], contentType: [] };
  const unfolded = head.includes("\r\n ") || head.includes("\r\n\t") ? head.replace(/\r\n[ \t]+/g, " ") : head;
  let lines = 0;
  for (let at = unfolded.indexOf("\r\n"); at >= 0; ) {
    const start = at + 2;
    at = unfolded.indexOf("\r\n", start);
    lines += 1;
    if (lines > maxHeaders) return null;
    // With this bit set a letter is in lower case.
    if (!wantedLetters.has(unfolded.charCodeAt(start) | 0x20)) continue;
    if (!addHeader(found, unfolded.slice(start, at < 0 ? undefined : at))) return null;
  }
  return found;
}

function addHeader(found: Headers, line: string): boolean {
  const colon = line.indexOf(":");
  if (colon < 1) return false;
  const name = wanted.get(line.slice(0, colon).trimEnd().toLowerCase());
  if (name === undefined) return true;
  if (line.length > maxValueLength) return false;
  found[name].push(line.slice(colon + 1).trim());
  return true;
}

/** The tag parameter of From or To: after the address, which may have parameters of its own in angle brackets. */
function tagOf(address: string): string | null {
  const parameters = address.slice(address.lastIndexOf(">") + 1);
  return /;[ \t]*tag[ \t]*=[ \t]*([^;, \t]{1,256})/i.exec(parameters)?.[1] ?? null;
}

/** `Reason: SIP;cause=480, Q.850;cause=20;text="a, b"`: several values in a header, several headers. */
function q850Cause(values: readonly string[]): number | null {
  for (const value of values) {
    // Texts may hold commas, semicolons and anything that looks like a cause.
    for (const reason of value.replace(/"(?:[^"\\]|\\.)*"/g, "").split(",")) {
      const cause = /^[ \t]*Q\.850[ \t]*;(?:.*;)?[ \t]*cause[ \t]*=[ \t]*(\d{1,3})[ \t]*(?:;|$)/i.exec(reason)?.[1];
      if (cause !== undefined && Number(cause) >= 1 && Number(cause) <= 127) return Number(cause);
    }
  }
  return null;
}

function only(values: readonly string[]): string | null {
  return values.length === 1 ? (values[0] ?? null) : null;
}

function startsWith(bytes: Buffer, text: string): boolean {
  if (bytes.length < text.length) return false;
  for (let at = 0; at < text.length; at++) if (bytes[at] !== text.charCodeAt(at)) return false;
  return true;
}
