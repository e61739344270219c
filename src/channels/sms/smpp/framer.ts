/** Cuts the bytes of a TCP connection into PDUs by their command_length (SMPP v3.4 §3.2). */
import { headerOctets, PduError } from "./pdu.ts";

/** Longer than any PDU in use: message_payload may have 65,535 octets. */
export const largestPduOctets = 70_000;

export interface Framer {
  /**
   * The PDUs that are complete with these bytes. At most one PDU is buffered.
   * @throws {PduError} where the length makes no sense: what follows cannot be read, so the connection must be closed
   */
  push(bytes: Buffer): readonly Buffer[];
}

export function createFramer(): Framer {
  /** The beginning of the next PDU, in the pieces in which it came. */
  let pieces: Buffer[] = [];
  let have = 0;
  /** Octets that the next PDU needs; its header until its length is known. */
  let need = headerOctets;

  return {
    push(bytes) {
      pieces.push(bytes);
      have += bytes.length;
      if (have < need) return [];
      const all = pieces.length === 1 ? bytes : Buffer.concat(pieces);
      const pdus: Buffer[] = [];
      let at = 0;
      need = headerOctets;
      while (all.length - at >= headerOctets) {
        const length = all.readUInt32BE(at);
        if (length < headerOctets || length > largestPduOctets) {
          throw new PduError(`a PDU of ${length} octets: this is not SMPP, or the connection lost its framing`);
        }
        if (all.length - at < length) {
          need = length;
          break;
        }
        pdus.push(all.subarray(at, at + length));
        at += length;
      }
      pieces = at === all.length ? [] : [all.subarray(at)];
      have = all.length - at;
      return pdus;
    },
  };
}
