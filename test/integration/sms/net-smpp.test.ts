/** SMS through an SMSC that is not on our own codec: Net::SMPP of Debian. Receipts included. */
import pino from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Receipt } from "../../../src/channels/messages/provider-port.ts";
import type { SmsAnswer } from "../../../src/channels/sms/route-port.ts";
import type { SmppBindConfig, SmppConfig } from "../../../src/channels/sms/smpp/config.ts";
import { createSmppRoute } from "../../../src/channels/sms/smpp/route.ts";
import { runtimeDir } from "../../../src/local/fetch/paths.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { ensureSmppPeers, type SmppPeers } from "../../support/fetch/smpp-peers.ts";
import { type NetSmpp, startNetSmpp } from "../../support/smpp/net-smpp.ts";
import {
  alone,
  bindTo,
  eventually,
  freeAdmission,
  message,
  order,
  partsInMemory,
  password,
  smppConfig,
} from "../../unit/channels/sms/world.ts";

/** Longer than any mirror takes for 25 MB; nothing to do where they are there. */
const fetchDeadlineMs = 600_000;
let peers: SmppPeers;
beforeAll(async () => {
  peers = await ensureSmppPeers(runtimeDir, () => {});
}, fetchDeadlineMs);

const ends: (() => Promise<unknown>)[] = [];
async function endAll() {
  for (const end of ends.splice(0).reverse()) await end();
}
afterEach(endAll);
afterAll(endAll);

async function open(
  options: {
    readonly receipts?: "tlv" | "text";
    readonly ids?: "same" | "response_hex";
    readonly bind?: Partial<SmppBindConfig>;
    readonly config?: Partial<SmppConfig>;
  } = {},
) {
  const { receipts: form = "tlv", ids = "same" } = options;
  const smsc: NetSmpp = await startNetSmpp(peers.perl, { systemId: "onering", password, receipts: form, ids });
  ends.push(() => smsc.stop());
  const receipts: Receipt[] = [];
  const route = createSmppRoute({
    name: "acme",
    config: smppConfig({ a: bindTo(smsc.port, options.bind) }, options.config),
    ...{ admission: freeAdmission, shareOf: alone, messageParts: partsInMemory(), publish: () => undefined },
    ...{ clock: systemClock, random: cryptoRandom, logger: pino({ level: "silent" }) },
  });
  ends.push(() => route.stop(0));
  route.onReceipt(async (receipt) => {
    receipts.push(receipt);
    return true;
  });
  await route.start();
  const send = async (changed: Partial<typeof message> = {}) => {
    const place = await route.reserve({ ...order, ...changed });
    if ("none" in place) throw new Error(`no place: ${place.none}`);
    return place.submit({ ...message, ...changed });
  };
  const submits = () => smsc.seen.filter(({ command }) => command === "submit_sm").map(({ fields }) => fields);
  return { smsc, route, receipts, send, submits };
}

/** As Net::SMPP prints octets and strings. */
const hex = (text: string) => Buffer.from(text, "latin1").toString("hex");
const receiptIdOf = (answer: SmsAnswer) => (answer.kind === "taken" ? answer.receiptId : null);
const delivered = { report: { state: "delivered" } };

it("binds, and every field of a message arrives as it was meant", async () => {
  const { smsc, send, submits } = await open({
    config: { tlvs: [{ tag: "0x1400", value: "1101234567890" }], service_type: "CMT" },
  });
  await eventually(() =>
    expect(smsc.seen[0]).toMatchObject({
      command: "bind_transceiver",
      fields: { system_id: hex("onering"), password: hex(password), interface_version: hex("52") },
    }),
  );
  expect(await send({ text: "@£€{ code 12" })).toEqual({ kind: "taken", receiptId: "acme:256" });
  await eventually(() => expect(submits()).toHaveLength(1));
  expect(submits()).toEqual([
    expect.objectContaining({
      service_type: hex("CMT"),
      ...{ source_addr_ton: hex("5"), source_addr_npi: hex("0"), source_addr: hex("ACME") },
      ...{ dest_addr_ton: hex("1"), dest_addr_npi: hex("1"), destination_addr: hex("447700900123") },
      ...{ esm_class: hex("0"), registered_delivery: hex("1"), data_coding: hex("0") },
      validity_period: hex("000000001000000R"),
      short_message: `00011b651b28${hex(" code 12")}`,
      5120: hex("1101234567890"),
    }),
  ]);
});

describe("receipts", () => {
  it.each([
    ["by TLV", { receipts: "tlv" }],
    ["by text", { receipts: "text" }],
    ["with ids in decimal where the answer has them in hexadecimal", { receipts: "text", ids: "response_hex" }],
  ] as const)("%s: delivered", async (_what, options) => {
    const { smsc, send, receipts } = await open(options);
    const answers = [await send(), await send()];
    await eventually(() => expect(receipts).toHaveLength(2));
    expect(receipts).toEqual(answers.map((answer) => ({ ...delivered, receiptId: receiptIdOf(answer) })));
    // Each was answered, and so was the SMSC's enquire_link.
    const answered = (name: string) => smsc.seen.filter(({ command, status }) => command === name && status === 0);
    await eventually(() => expect(answered("deliver_sm_resp")).toHaveLength(2));
    await eventually(() => expect(answered("enquire_link_resp")).toHaveLength(2));
  });

  it("of a failed message say why", async () => {
    const { send, receipts } = await open({
      config: { receipt_errors: { "1": "invalid_recipient" } },
      receipts: "text",
    });
    await send({ to: "+447700901111" });
    await eventually(() => expect(receipts).toHaveLength(1));
    expect(receipts[0]?.report).toEqual({ state: "failed", reason: "invalid_recipient" });
  });
});

describe("a long message", () => {
  const long = "आपका कोड 8349027461 है। इसे किसी को न बताएं, हमारे कर्मचारियों को भी नहीं। @example.com #8349027461";

  it.each(["udh_8bit", "udh_16bit", "sar", "message_payload"] as const)("joined by %s", async (concatenation) => {
    const { send, submits, receipts } = await open({ bind: { concatenation } });
    const answer = await send({ text: long });
    // What it read comes through a pipe, its answer through the socket.
    await eventually(() => expect(submits()).toHaveLength(concatenation === "message_payload" ? 1 : 2));
    const octets = submits().map((fields) => Buffer.from(fields.message_payload ?? fields.short_message ?? "", "hex"));
    const header = { udh_8bit: 6, udh_16bit: 7, sar: 0, message_payload: 0 }[concatenation];
    const text = Buffer.concat(octets.map((part) => part.subarray(header)))
      .swap16()
      .toString("utf16le");
    expect(text).toBe(long);
    if (concatenation === "sar") {
      expect(submits().map((fields) => [fields.sar_total_segments, fields.sar_segment_seqnum])).toEqual([
        ["02", "01"],
        ["02", "02"],
      ]);
    }
    await eventually(() => expect(receipts).toHaveLength(1));
    expect(receipts).toEqual([{ ...delivered, receiptId: receiptIdOf(answer) }]);
  });
});

it("refusals of this SMSC are told apart", async () => {
  const { send } = await open();
  expect(await send({ to: "+447700900000" })).toEqual({
    kind: "refused",
    reason: "invalid_recipient",
    elsewhere: false,
  });
  expect(await send({ to: "+447700905858" })).toEqual({ kind: "refused", reason: "throttled", elsewhere: true });
});

it("a wrong password is refused by name", async () => {
  const { route } = await open({ bind: { password: "wrong" } });
  expect(route.health()).toEqual({ up: false, detail: "acme.a the SMSC refused the bind: ESME_RINVPASWD" });
});

it("unbinds when it stops", async () => {
  const { route, smsc } = await open();
  await route.stop(1000);
  await eventually(() => expect(smsc.seen.at(-1)).toMatchObject({ command: "unbind" }));
});
