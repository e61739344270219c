/** Session descriptions, as far as a telephone needs them (RFC 4566, RFC 3264). */
import type { Law } from "./g711.ts";

const codecs: ReadonlyMap<string, { readonly name: string; readonly law: Law }> = new Map([
  ["8", { name: "PCMA/8000", law: "a" }],
  ["0", { name: "PCMU/8000", law: "mu" }],
]);

/** The other side's end of the audio. */
export interface RemoteAudio {
  readonly address: string;
  readonly port: number;
  readonly law: Law;
  /** Payload type of telephone events (RFC 4733); null: it takes none. */
  readonly events: number | null;
}

export interface Session {
  /** Our session description. */
  readonly sdp: string;
  /** Null where the other side has not yet said where it is (a delayed offer). */
  readonly remote: RemoteAudio | null;
}

/**
 * Answers an offer with one G.711 codec, and with telephone events where they are offered.
 * @param offer the INVITE's body; without one (a delayed offer) ours is an offer itself
 * @param media where our media goes to and comes from
 * @returns null where the offer has no codec that we know
 */
export function negotiate(offer: string, media: { readonly address: string; readonly port: number }): Session | null {
  const [, port = "0", types] = /^m=audio (\d+) RTP\/\S+ ([\d ]+)/m.exec(offer) ?? [];
  const payload = (types?.trim().split(" ") ?? ["8"]).find((type) => codecs.has(type));
  const codec = payload === undefined ? undefined : codecs.get(payload);
  if (payload === undefined || codec === undefined) return null;
  const events = /^a=rtpmap:(\d{1,3}) telephone-event\/8000/im.exec(offer)?.[1] ?? null;
  const lines = [
    "v=0",
    `o=- 1 1 IN IP4 ${media.address}`,
    "s=-",
    `c=IN IP4 ${media.address}`,
    "t=0 0",
    `m=audio ${media.port} RTP/AVP ${payload}${events === null ? "" : ` ${events}`}`,
    `a=rtpmap:${payload} ${codec.name}`,
    ...(events === null ? [] : [`a=rtpmap:${events} telephone-event/8000`, `a=fmtp:${events} 0-15`]),
    "a=sendrecv",
  ];
  // The media's own connection line stands after the session's.
  const address = [...offer.matchAll(/^c=IN IP4 ([\d.]+)/gm)].at(-1)?.[1];
  const remote =
    address !== undefined && Number(port) > 0 && Number(port) < 65_536
      ? { address, port: Number(port), law: codec.law, events: events === null ? null : Number(events) }
      : null;
  return { sdp: `${lines.join("\r\n")}\r\n`, remote };
}
