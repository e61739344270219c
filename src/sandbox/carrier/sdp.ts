/** Session descriptions, as far as a telephone that plays nothing needs them (RFC 4566, RFC 3264). */

const CODECS = new Map([
  ["8", "PCMA/8000"],
  ["0", "PCMU/8000"],
]);

/**
 * Answers an offer with one G.711 codec.
 * @param offer the INVITE's body; without one (a delayed offer) ours is an offer itself
 * @param media where our media goes to and comes from
 * @returns null where the offer has no codec that we know
 */
export function answerSdp(offer: string, media: { readonly address: string; readonly port: number }): string | null {
  const offered = /^m=audio \d+ RTP\/\S+ ([\d ]+)/m.exec(offer)?.[1]?.trim().split(" ");
  const payload = (offered ?? ["8"]).find((type) => CODECS.has(type));
  if (!payload) return null;
  const lines = [
    "v=0",
    `o=- 1 1 IN IP4 ${media.address}`,
    "s=-",
    `c=IN IP4 ${media.address}`,
    "t=0 0",
    `m=audio ${media.port} RTP/AVP ${payload}`,
    `a=rtpmap:${payload} ${CODECS.get(payload)}`,
    "a=sendrecv",
  ];
  return `${lines.join("\r\n")}\r\n`;
}
