/**
 * The PDUs that a client and a small SMSC need, as tables: command ids and mandatory parameters in wire order.
 * Source: SMPP Protocol Specification v3.4, Issue 1.2, §4 (PDUs), §5.1.2.1 (command ids), §5.2 (parameters).
 */

/** `u8`: one octet. A number: a C-octet string of at most so many octets, NUL included. `octets`: a length octet and so many octets. */
type Kind = "u8" | "octets" | number;
type Layout = readonly (readonly [name: string, kind: Kind])[];

const bind = [
  ["system_id", 16],
  // 9 in §5.2.2; some SMSCs give longer passwords and take them.
  ["password", 65],
  ["system_type", 13],
  ["interface_version", "u8"],
  ["addr_ton", "u8"],
  ["addr_npi", "u8"],
  ["address_range", 41],
] as const;
const bindResp = [["system_id", 16]] as const;

/** submit_sm (§4.4.1) and deliver_sm (§4.6.1) have the same parameters. */
const message = [
  ["service_type", 6],
  ["source_addr_ton", "u8"],
  ["source_addr_npi", "u8"],
  ["source_addr", 21],
  ["dest_addr_ton", "u8"],
  ["dest_addr_npi", "u8"],
  ["destination_addr", 21],
  ["esm_class", "u8"],
  ["protocol_id", "u8"],
  ["priority_flag", "u8"],
  ["schedule_delivery_time", 17],
  ["validity_period", 17],
  ["registered_delivery", "u8"],
  ["replace_if_present_flag", "u8"],
  ["data_coding", "u8"],
  ["sm_default_msg_id", "u8"],
  ["short_message", "octets"],
] as const;
const messageResp = [["message_id", 65]] as const;

/** §4.7.1: without text of its own; it is in the TLV message_payload. */
const data = [
  ["service_type", 6],
  ["source_addr_ton", "u8"],
  ["source_addr_npi", "u8"],
  ["source_addr", 65],
  ["dest_addr_ton", "u8"],
  ["dest_addr_npi", "u8"],
  ["destination_addr", 65],
  ["esm_class", "u8"],
  ["registered_delivery", "u8"],
  ["data_coding", "u8"],
] as const;

export const layouts = {
  bind_receiver: bind,
  bind_receiver_resp: bindResp,
  bind_transmitter: bind,
  bind_transmitter_resp: bindResp,
  bind_transceiver: bind,
  bind_transceiver_resp: bindResp,
  submit_sm: message,
  submit_sm_resp: messageResp,
  deliver_sm: message,
  deliver_sm_resp: messageResp,
  data_sm: data,
  data_sm_resp: messageResp,
  unbind: [],
  unbind_resp: [],
  enquire_link: [],
  enquire_link_resp: [],
  generic_nack: [],
} as const satisfies Record<string, Layout>;

export type CommandName = keyof typeof layouts;

export const commandIds: Readonly<Record<CommandName, number>> = {
  generic_nack: 0x80000000,
  bind_receiver: 0x00000001,
  bind_receiver_resp: 0x80000001,
  bind_transmitter: 0x00000002,
  bind_transmitter_resp: 0x80000002,
  submit_sm: 0x00000004,
  submit_sm_resp: 0x80000004,
  deliver_sm: 0x00000005,
  deliver_sm_resp: 0x80000005,
  unbind: 0x00000006,
  unbind_resp: 0x80000006,
  bind_transceiver: 0x00000009,
  bind_transceiver_resp: 0x80000009,
  enquire_link: 0x00000015,
  enquire_link_resp: 0x80000015,
  data_sm: 0x00000103,
  data_sm_resp: 0x80000103,
};

export const commandsById: ReadonlyMap<number, CommandName> = new Map(
  (Object.entries(commandIds) as [CommandName, number][]).map(([name, id]) => [id, name]),
);

/** A response has the highest bit set (§5.1.2). */
export const isResponseId = (id: number): boolean => id >= 0x80000000;

type ValueOf<K> = K extends "u8" ? number : K extends "octets" ? Buffer : string;

/** The mandatory parameters of a PDU. */
export type Fields<C extends CommandName> = {
  readonly [F in (typeof layouts)[C][number] as F[0]]: ValueOf<F[1]>;
};

/** Tags of the optional parameters (TLVs) in use, §5.3.2. */
export const tags = {
  receipted_message_id: 0x001e,
  sar_msg_ref_num: 0x020c,
  sar_total_segments: 0x020e,
  sar_segment_seqnum: 0x020f,
  sc_interface_version: 0x0210,
  network_error_code: 0x0423,
  message_payload: 0x0424,
  message_state: 0x0427,
} as const;
