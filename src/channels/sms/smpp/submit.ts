/** The submit_sm of one message: one, or one for each part (SMPP v3.4 §4.4.1). */
import { destinationOf, sourceOf } from "./addresses.ts";
import { type Fields, tags } from "./layouts.ts";
import type { Tlvs } from "./pdu.ts";
import type { Concatenation, EncodedText } from "./text.ts";

export interface SubmitSettings {
  readonly serviceType: string;
  readonly concatenation: Concatenation;
  /** Whether receipts of the final state are asked for. */
  readonly receipts: boolean;
  readonly validity: "relative" | "none";
}

export interface Submit {
  readonly fields: Partial<Fields<"submit_sm">>;
  readonly tlvs: Tlvs;
}

/** esm_class (§5.2.12): the text begins with a user data header. */
const userDataHeader = 0x40;
/** registered_delivery (§5.2.17): a receipt on success and on failure. */
const finalReceipt = 0x01;
/** Shorter ones are refused by some SMSCs, or the message expires before the first try. */
const leastValidityMs = 60_000;

/**
 * @param reference joins the parts; 0 to 65535
 * @param tlvs those that the route configures for this message
 */
export function submitsOf(
  message: { readonly to: string; readonly sender: string | null; readonly validityMs: number },
  text: EncodedText,
  settings: SubmitSettings,
  reference: number,
  tlvs: Tlvs,
): readonly Submit[] {
  const source = sourceOf(message.sender);
  const destination = destinationOf(message.to);
  const common: Submit["fields"] = {
    service_type: settings.serviceType,
    source_addr_ton: source.ton,
    source_addr_npi: source.npi,
    source_addr: source.address,
    dest_addr_ton: destination.ton,
    dest_addr_npi: destination.npi,
    destination_addr: destination.address,
    validity_period: settings.validity === "none" ? "" : relativeTime(message.validityMs),
    registered_delivery: settings.receipts ? finalReceipt : 0,
    data_coding: text.dataCoding,
  };
  const total = text.parts.length;
  return text.parts.map((octets, index) => {
    if (total === 1) {
      const asPayload = text.segments > 1 || octets.length > 254;
      if (!asPayload) return { fields: { ...common, short_message: octets }, tlvs };
      return { fields: common, tlvs: new Map([...tlvs, [tags.message_payload, octets]]) };
    }
    const place = { reference, total, number: index + 1 };
    if (settings.concatenation === "sar") {
      return { fields: { ...common, short_message: octets }, tlvs: new Map([...tlvs, ...sarTlvs(place)]) };
    }
    const header = settings.concatenation === "udh_16bit" ? longHeader(place) : shortHeader(place);
    const short_message = Buffer.concat([header, octets]);
    return { fields: { ...common, esm_class: userDataHeader, short_message }, tlvs };
  });
}

interface PartPlace {
  readonly reference: number;
  readonly total: number;
  /** From 1. */
  readonly number: number;
}

/** TS 23.040, 9.2.3.24.1: element 0 with an 8-bit reference. */
function shortHeader({ reference, total, number }: PartPlace): Buffer {
  return Buffer.from([5, 0x00, 3, reference & 0xff, total, number]);
}

/** TS 23.040, 9.2.3.24.8: element 8 with a 16-bit reference. */
function longHeader({ reference, total, number }: PartPlace): Buffer {
  return Buffer.from([6, 0x08, 4, reference >> 8, reference & 0xff, total, number]);
}

/** §5.3.2.22 to §5.3.2.24: the SMSC writes the header. */
function sarTlvs({ reference, total, number }: PartPlace): Tlvs {
  return new Map([
    [tags.sar_msg_ref_num, Buffer.from([reference >> 8, reference & 0xff])],
    [tags.sar_total_segments, Buffer.from([total])],
    [tags.sar_segment_seqnum, Buffer.from([number])],
  ]);
}

/** §7.1.1.2: `YYMMDDhhmmsstnnR`, from when the SMSC takes the message; rounded down to seconds. @param ms up to 24 days */
export function relativeTime(ms: number): string {
  const seconds = Math.floor(Math.max(ms, leastValidityMs) / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const days = Math.min(24, Math.floor(seconds / 86_400));
  const rest = seconds % 86_400;
  return `0000${two(days)}${two(Math.floor(rest / 3600))}${two(Math.floor((rest % 3600) / 60))}${two(rest % 60)}000R`;
}
