/**
 * The codec of SMPP PDUs. Strict in what it writes; in what it reads, lenient where SMSCs are known to deviate without
 * harm: a response without its body, a value longer than the specification allows, rubbish behind the last TLV.
 */
import { type CommandName, commandIds, commandsById, type Fields, isResponseId, layouts } from "./layouts.ts";

/** Optional parameters by tag; of a repeated tag the first counts. */
export type Tlvs = ReadonlyMap<number, Buffer>;

export type PduOf<C extends CommandName> = {
  readonly command: C;
  /** `command_status`; 0 in requests. */
  readonly status: number;
  readonly sequence: number;
  readonly fields: Fields<C>;
  readonly tlvs: Tlvs;
};

/** Any known PDU, by `command`. */
export type Pdu = { [C in CommandName]: PduOf<C> }[CommandName];

/** A PDU of a command that is not in the table. */
export interface UnknownPdu {
  readonly command: "unknown";
  readonly isResponse: boolean;
  readonly status: number;
  readonly sequence: number;
}

/** A PDU that cannot be read or written. Its message names the parameter, never its value. */
export class PduError extends Error {
  override readonly name = "PduError";
}

export const headerOctets = 16;
const noTlvs: Tlvs = new Map();

type Value = string | number | Buffer;
type Kind = "u8" | "octets" | number;

/** What `encodePdu` takes: parameters that are left out are zero or empty. */
export interface PduToSend<C extends CommandName> {
  readonly command: C;
  readonly status?: number;
  readonly sequence: number;
  readonly fields?: Partial<Fields<C>>;
  readonly tlvs?: Tlvs;
}

/**
 * Writes a PDU.
 * @throws {PduError} where a value does not fit its parameter: too long, not Latin-1, a NUL inside
 */
export function encodePdu<C extends CommandName>(pdu: PduToSend<C>): Buffer {
  const { command, status = 0, sequence, fields = {}, tlvs = noTlvs } = pdu;
  const values = fields as Readonly<Record<string, Value | undefined>>;
  const layout = layouts[command] as readonly (readonly [string, Kind])[];
  let octets = headerOctets;
  for (const [name, kind] of layout) octets += sizeOf(name, kind, values[name]);
  for (const [tag, value] of tlvs) {
    if (value.length > 0xffff) throw new PduError(`TLV 0x${tag.toString(16)} is longer than 65535 octets`);
    octets += 4 + value.length;
  }
  const bytes = Buffer.alloc(octets);
  bytes.writeUInt32BE(octets, 0);
  bytes.writeUInt32BE(commandIds[command], 4);
  bytes.writeUInt32BE(status, 8);
  bytes.writeUInt32BE(sequence, 12);
  let at = headerOctets;
  for (const [name, kind] of layout) at = write(bytes, at, kind, values[name]);
  for (const [tag, value] of tlvs) {
    bytes.writeUInt16BE(tag, at);
    bytes.writeUInt16BE(value.length, at + 2);
    value.copy(bytes, at + 4);
    at += 4 + value.length;
  }
  return bytes;
}

function sizeOf(name: string, kind: Kind, value: Value | undefined): number {
  if (kind === "u8") {
    if (value === undefined) return 1;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 255) {
      throw new PduError(`${name} is not an octet`);
    }
    return 1;
  }
  if (kind === "octets") {
    const length = value === undefined ? 0 : (value as Buffer).length;
    // §4.4.1: sm_length may be 0 to 254.
    if (length > 254) throw new PduError(`${name} is longer than 254 octets`);
    return 1 + length;
  }
  const text = (value ?? "") as string;
  if (text.length + 1 > kind) throw new PduError(`${name} is longer than ${kind - 1} characters`);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0 || code > 0xff) throw new PduError(`${name} has a character that SMPP cannot carry`);
  }
  return text.length + 1;
}

/** @returns the position behind it; the buffer is zeroed, so nothing is written for what is left out */
function write(bytes: Buffer, at: number, kind: Kind, value: Value | undefined): number {
  if (kind === "u8") {
    bytes[at] = (value as number | undefined) ?? 0;
    return at + 1;
  }
  if (kind === "octets") {
    const octets = value as Buffer | undefined;
    bytes[at] = octets?.length ?? 0;
    return at + 1 + (octets?.copy(bytes, at + 1) ?? 0);
  }
  return at + bytes.write((value as string | undefined) ?? "", at, "latin1") + 1;
}

/**
 * Reads one PDU.
 * @param bytes exactly one PDU, as `createFramer` cuts it
 * @throws {PduError} where it is truncated
 */
export function decodePdu(bytes: Buffer): Pdu | UnknownPdu {
  const { id, status, sequence } = readHeader(bytes);
  const command = commandsById.get(id);
  if (command === undefined) return { command: "unknown", isResponse: isResponseId(id), status, sequence };
  const layout = layouts[command] as readonly (readonly [string, Kind])[];
  const fields: Record<string, Value> = {};
  // A response with an error may have no body (§4.4.2), and some SMSCs leave it out of others too.
  if (bytes.length === headerOctets && isResponseId(id)) {
    for (const [name, kind] of layout) fields[name] = kind === "u8" ? 0 : kind === "octets" ? Buffer.alloc(0) : "";
    return { command, status, sequence, fields, tlvs: noTlvs } as unknown as Pdu;
  }
  let at = headerOctets;
  for (const [name, kind] of layout) {
    const end = endOf(bytes, at, kind, name);
    fields[name] =
      kind === "u8"
        ? (bytes[at] as number)
        : kind === "octets"
          ? bytes.subarray(at + 1, end)
          : bytes.toString("latin1", at, end - 1);
    at = end;
  }
  return { command, status, sequence, fields, tlvs: readTlvs(bytes, at) } as unknown as Pdu;
}

/** The header of a PDU (§3.2). */
export function readHeader(bytes: Buffer): { readonly id: number; readonly status: number; readonly sequence: number } {
  if (bytes.length < headerOctets) throw new PduError("a PDU shorter than its header");
  return { id: bytes.readUInt32BE(4), status: bytes.readUInt32BE(8), sequence: bytes.readUInt32BE(12) };
}

function endOf(bytes: Buffer, at: number, kind: Kind, name: string): number {
  const length = kind === "octets" ? bytes[at] : 0;
  const nul = typeof kind === "number" ? bytes.indexOf(0, at) : 0;
  const end = typeof kind === "number" ? nul + 1 : at + 1 + (length ?? 0);
  if (nul < 0 || at >= bytes.length || end > bytes.length) throw new PduError(`${name} is truncated`);
  return end;
}

function readTlvs(bytes: Buffer, from: number): Tlvs {
  if (from >= bytes.length) return noTlvs;
  const tlvs = new Map<number, Buffer>();
  let at = from;
  while (at + 4 <= bytes.length) {
    const tag = bytes.readUInt16BE(at);
    const end = at + 4 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length) break;
    if (!tlvs.has(tag)) tlvs.set(tag, bytes.subarray(at + 4, end));
    at = end;
  }
  return tlvs;
}

/** The text of a TLV that is a C-octet string (§5.3.2.12); the NUL may be missing. */
export function tlvText(tlvs: Tlvs, tag: number): string | null {
  const value = tlvs.get(tag);
  if (value === undefined) return null;
  const nul = value.indexOf(0);
  return value.toString("latin1", 0, nul < 0 ? value.length : nul);
}
