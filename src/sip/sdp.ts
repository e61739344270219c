/**
 * Session descriptions (RFC 8866) of calls that carry no media: an offer of a telephone's codecs, and an answer where the
 * far end offers again. Ours is complete (RFC 3264), so that carriers which check it take it; no RTP is ever sent.
 */

/** Where media would go. */
export interface MediaAddress {
  /** An IPv4 or IPv6 address without brackets, or a name. */
  readonly host: string;
  /** Even, as RTP's (RFC 3550 section 11). */
  readonly port: number;
}

export const sdpType = "application/sdp";

/** Payload types 8 and 0 are static (RFC 3551 section 6); 101 is what most use for telephone-event (RFC 4733). */
const eventType = 101;
const attributesOf: ReadonlyMap<string, string> = new Map([
  ["8", "a=rtpmap:8 PCMA/8000\r\n"],
  ["0", "a=rtpmap:0 PCMU/8000\r\n"],
]);
const eventAttributes = (type: string) => `a=rtpmap:${type} telephone-event/8000\r\na=fmtp:${type} 0-16\r\n`;
const offered = `RTP/AVP 8 0 ${eventType}\r\n${[...attributesOf.values()].join("")}${eventAttributes(`${eventType}`)}`;
const ending = "a=ptime:20\r\na=sendrecv\r\n";

/** @param session a number that is unique among our sessions; also the version (RFC 8866 section 5.2) */
export function sdpOffer({ host, port }: MediaAddress, session: number): string {
  const address = addressOf(host);
  return `v=0\r\no=- ${session} ${session} ${address}\r\ns=-\r\nc=${address}\r\nt=0 0\r\nm=audio ${port} ${offered}${ending}`;
}

function addressOf(host: string): string {
  return `IN ${host.includes(":") ? "IP6" : "IP4"} ${host}`;
}

/** Bounds of what is read of the far end's offer. */
const maxMedia = 8;
const maxFormats = 64;

interface Media {
  readonly kind: string;
  readonly port: string;
  readonly protocol: string;
  readonly formats: readonly string[];
  readonly attributes: readonly string[];
}

/**
 * The answer to an offer (RFC 3264 section 6): the first audio over RTP/AVP with PCMA or PCMU is accepted, every other media
 * refused with port 0. @returns null where there is none, or the text is no session description: 488
 */
export function sdpAnswer(offer: string, { host, port }: MediaAddress, session: number): string | null {
  const media = readMedia(offer);
  if (media === null) return null;
  const accepted = media.findIndex(
    ({ kind, port: theirs, protocol, formats }) =>
      kind === "audio" && protocol === "RTP/AVP" && theirs !== "0" && formats.some((one) => attributesOf.has(one)),
  );
  if (accepted < 0) return null;
  const address = addressOf(host);
  const lines = media.map((one, index) =>
    index === accepted ? acceptedMedia(one, port) : `m=${one.kind} 0 ${one.protocol} ${one.formats.join(" ")}\r\n`,
  );
  return `v=0\r\no=- ${session} ${session + 1} ${address}\r\ns=-\r\nc=${address}\r\nt=0 0\r\n${lines.join("")}`;
}

function acceptedMedia({ formats, attributes }: Media, port: number): string {
  const codec = formats.find((one) => attributesOf.has(one)) ?? "8";
  const event = attributes
    .map((one) => /^rtpmap:(\d{1,3})[ \t]+telephone-event\/8000$/i.exec(one)?.[1])
    .find((type) => type !== undefined && formats.includes(type));
  const formatsTaken = event === undefined ? codec : `${codec} ${event}`;
  const events = event === undefined ? "" : eventAttributes(event);
  const rest = `${attributesOf.get(codec)}${events}a=ptime:20\r\n`;
  return `m=audio ${port} RTP/AVP ${formatsTaken}\r\n${rest}a=${directionOf(attributes)}\r\n`;
}

/** RFC 3264 section 6.1. On hold is answered in kind. */
function directionOf(attributes: readonly string[]): string {
  if (attributes.includes("sendonly")) return "recvonly";
  if (attributes.includes("recvonly")) return "sendonly";
  return attributes.includes("inactive") ? "inactive" : "sendrecv";
}

/** @returns null for anything but `v=0` and at least one well-formed `m=` line; direction of the session holds for its media */
function readMedia(text: string): Media[] | null {
  const media: (Media & { attributes: string[] })[] = [];
  const session: string[] = [];
  const lines = text.split(/\r?\n/, 500);
  if (lines[0] !== "v=0") return null;
  for (const line of lines) {
    if (line.startsWith("a=")) (media.at(-1)?.attributes ?? session).push(line.slice(2));
    if (!line.startsWith("m=")) continue;
    const [kind = "", port = "", protocol = "", ...formats] = line.slice(2).split(" ", maxFormats + 3);
    if (!/^[a-z]{1,20}$/.test(kind) || !/^\d{1,5}(?:\/\d{1,3})?$/.test(port)) return null;
    if (!/^[A-Za-z/]{1,40}$/.test(protocol) || formats.length === 0 || media.length >= maxMedia) return null;
    if (!formats.every((one) => /^[!-~]{1,40}$/.test(one))) return null;
    media.push({ kind, port, protocol, formats, attributes: [] });
  }
  for (const one of media) {
    if (!one.attributes.some((each) => directions.has(each))) one.attributes.push(...session);
  }
  return media.length === 0 ? null : media;
}

const directions: ReadonlySet<string> = new Set(["sendrecv", "sendonly", "recvonly", "inactive"]);
