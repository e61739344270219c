/** What goes over the wire, read by tshark's SMPP dissector and compared field by field with what was asked for. */
import { beforeAll, describe, expect, it } from "vitest";
import { runtimeDir } from "../../../src/local/fetch/paths.ts";
import { ensureSmppPeers, type SmppPeers } from "../../support/fetch/smpp-peers.ts";
import { startRecorder } from "../../support/smpp/recorder.ts";
import { type DissectedPdu, dissect } from "../../support/smpp/tshark.ts";
import { eventually, openWorld, password, type WorldOptions } from "../../unit/channels/sms/world.ts";

const fetchDeadlineMs = 600_000;
let peers: SmppPeers;
beforeAll(async () => {
  peers = await ensureSmppPeers(runtimeDir, () => {});
}, fetchDeadlineMs);

const hex = (text: string) => Buffer.from(text, "latin1").toString("hex");
const commands = {
  bind: "0x00000009",
  submit: "0x00000004",
  submitted: "0x80000004",
  deliver: "0x00000005",
  delivered: "0x80000005",
  unbind: "0x00000006",
  unbound: "0x80000006",
};

/** One session from bind to unbind with one message. */
async function session(text: string, options: WorldOptions = {}) {
  const world = await openWorld({ ...options, through: startRecorder });
  world.decide({ answer: 0, receipts: [{ state: "DELIVRD", afterMs: 0 }] });
  await world.route.start();
  await world.send({ text });
  await eventually(() => expect(world.receipts).toHaveLength(1));
  await eventually(() => expect(world.smsc.deliverStatuses.length).toBe(world.smsc.submits.length));
  await world.route.stop(1000);
  const recorder = world.recorder;
  if (recorder === null) throw new Error("not recorded");
  await eventually(() => expect(world.smsc.counts.get("unbind")).toBe(1));
  const pdus = await dissect(peers.tshark, recorder.pcap());
  const of = (command: string) => pdus.filter(({ shown }) => shown.command_id === command);
  return { pdus, of };
}

it("bind_transceiver, its answer, unbind and its answer", async () => {
  const { of } = await session("code 123456", { bind: { system_type: "OTP" } });
  expect(of(commands.bind).map(({ shown }) => shown)).toEqual([
    expect.objectContaining({
      ...{ system_id: "onering", password, system_type: "OTP", interface_version: "52", sequence_number: "1" },
      ...{ addr_ton: "0x00", addr_npi: "0x00" },
    }),
  ]);
  expect(of(commands.unbind)).toHaveLength(1);
  expect(of(commands.unbound)).toHaveLength(1);
});

/** Every field of a submit_sm but its text. */
const submitted = {
  ...{ service_type: "CMT", source_addr_ton: "0x05", source_addr_npi: "0x00", source_addr: "ACME" },
  ...{ dest_addr_ton: "0x01", dest_addr_npi: "0x01", destination_addr: "447700900123" },
  ...{ "esm.submit.msg_mode": "0x00", "esm.submit.msg_type": "0x00", protocol_id: "0x00", priority_flag: "0x00" },
  ...{ schedule_delivery_time_r: "0.000000000", validity_period_r: "600.000000000" },
  ...{ "regdel.receipt": "0x01", "regdel.acks": "0x00", "regdel.notif": "0x00" },
  ...{ replace_if_present_flag: "0x00", sm_default_msg_id: "0" },
};
const withTlvs = {
  config: {
    service_type: "CMT",
    tlvs: [
      { tag: "0x1400", value: "1101" },
      { tag: "0x1401", value: "1107" },
    ],
  },
} satisfies WorldOptions;
const dlt = { "0x1400": hex("1101"), "0x1401": hex("1107") };

it("submit_sm in GSM 7-bit with TLVs, and its answer", async () => {
  const { of } = await session("@£€ code 123456", withTlvs);
  expect(of(commands.submit)).toEqual([
    {
      shown: expect.objectContaining({
        ...submitted,
        data_coding: "0x00",
        "esm.submit.features": "0x00",
        sm_length: "16",
      }),
      tlvs: dlt,
      message: `00011b65${hex(" code 123456")}`,
    },
  ]);
  expect(of(commands.submitted).map(({ shown }) => shown)).toEqual([
    expect.objectContaining({ command_status: "0x00000000", message_id: "1000000001", sequence_number: "2" }),
  ]);
});

const long = "Ваш код 8349027461. Никому не сообщайте этот код. @example.com #8349027461 и ещё немного";
const utf16 = Buffer.from(long, "utf16le").swap16().toString("hex");

describe("a long submit_sm in UCS-2", () => {
  it.each([
    ["udh_8bit", "0x01", 67, 12],
    ["udh_16bit", "0x01", 66, 14],
  ] as const)(
    "by %s: the dissector puts the parts together",
    async (concatenation, features, characters, headerDigits) => {
      const { of } = await session(long, { ...withTlvs, bind: { concatenation } });
      const parts = of(commands.submit);
      expect(parts.map(({ shown }) => shown)).toEqual(
        parts.map(() =>
          expect.objectContaining({ ...submitted, data_coding: "0x08", "esm.submit.features": features }),
        ),
      );
      expect(parts.map(({ message }) => message.slice(headerDigits)).join("")).toBe(utf16);
      expect(parts.map(({ shown }) => shown.message_text)).toEqual([long.slice(0, characters), long.slice(characters)]);
      expect(parts.map(({ tlvs }) => tlvs)).toEqual([dlt, dlt]);
    },
  );

  it("by sar_* TLVs", async () => {
    const { of } = await session(long, { bind: { concatenation: "sar" } });
    const parts = of(commands.submit);
    expect(parts.map(({ message }) => message).join("")).toBe(utf16);
    expect(parts.map(({ tlvs }) => [tlvs["0x020e"], tlvs["0x020f"]])).toEqual([
      ["02", "01"],
      ["02", "02"],
    ]);
    expect(parts[0]?.tlvs["0x020c"]).toBe(parts[1]?.tlvs["0x020c"]);
  });

  it("by message_payload", async () => {
    const { of } = await session(long, { bind: { concatenation: "message_payload" } });
    expect(of(commands.submit).map(({ shown, tlvs }) => [shown.sm_length, tlvs["0x0424"]])).toEqual([["0", utf16]]);
  });
});

it("a receipt, and deliver_sm_resp to it", async () => {
  const { of } = await session("code 123456");
  const [receipt] = of(commands.deliver) as [DissectedPdu];
  expect(receipt.shown["esm.submit.msg_type"]).toBe("0x01");
  expect(receipt.tlvs).toEqual({ "0x001e": `${hex("1000000001")}00`, "0x0427": "02" });
  expect(of(commands.delivered).map(({ shown }) => [shown.command_status, shown.sequence_number])).toEqual([
    ["0x00000000", receipt.shown.sequence_number],
  ]);
});
