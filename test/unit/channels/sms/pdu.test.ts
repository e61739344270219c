import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFramer, largestPduOctets } from "../../../../src/channels/sms/smpp/framer.ts";
import { type CommandName, commandIds, layouts, tags } from "../../../../src/channels/sms/smpp/layouts.ts";
import { decodePdu, encodePdu, type Pdu, PduError, tlvText } from "../../../../src/channels/sms/smpp/pdu.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ""), "hex");

/** Any text that a C-octet string of so many octets can hold. */
const cString = (octets: number) =>
  fc.array(fc.integer({ min: 1, max: 0xff }), { maxLength: octets - 1 }).map((codes) => String.fromCharCode(...codes));
const octets = (max: number) => fc.uint8Array({ maxLength: max }).map((bytes) => Buffer.from(bytes));
const fieldsOf = (command: CommandName) =>
  fc.record(
    Object.fromEntries(
      layouts[command].map(([name, kind]) => [
        name,
        kind === "u8" ? fc.integer({ min: 0, max: 255 }) : kind === "octets" ? octets(254) : cString(kind),
      ]),
    ),
  );
const tlvs = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 0xffff }), octets(300)), { selector: ([tag]) => tag, maxLength: 5 })
  .map((entries) => new Map(entries));
const anyPdu = fc.constantFrom(...(Object.keys(commandIds) as CommandName[])).chain((command) =>
  fc.record({
    command: fc.constant(command),
    status: fc.integer({ min: 0, max: 0xffffffff }),
    sequence: fc.integer({ min: 1, max: 0x7fffffff }),
    fields: fieldsOf(command),
    tlvs,
  }),
);

describe("the codec", () => {
  it("reads back what it writes, of every command", () => {
    fc.assert(
      fc.property(anyPdu, (pdu) => {
        // biome-ignore lint/suspicious/noExplicitAny: any command's fields
        expect(decodePdu(encodePdu(pdu as any))).toEqual({ ...pdu });
      }),
    );
  });

  it("reads the example of the specification (§3.2.1)", () => {
    const bytes = hex(`0000002F 00000002 00000000 00000001 53 4D 50 50 33 54 45 53 54 00 73 65 63 72 65 74 30 38 00
      53 55 42 4D 49 54 31 00 50 01 01 00`);
    expect(decodePdu(bytes)).toMatchObject({
      command: "bind_transmitter",
      sequence: 1,
      fields: {
        ...{ system_id: "SMPP3TEST", password: "secret08", system_type: "SUBMIT1" },
        ...{ interface_version: 0x50, addr_ton: 1, addr_npi: 1, address_range: "" },
      },
    });
    const { fields } = decodePdu(bytes) as { fields: object };
    expect(encodePdu({ command: "bind_transmitter", sequence: 1, fields })).toEqual(bytes);
  });

  it("never throws anything but PduError, whatever it reads", () => {
    const header = fc.constantFrom(...Object.values(commandIds), 0x15f, 0x80000444);
    fc.assert(
      fc.property(header, octets(400), (id, body) => {
        const bytes = Buffer.concat([Buffer.alloc(16), body]);
        bytes.writeUInt32BE(bytes.length, 0);
        bytes.writeUInt32BE(id, 4);
        try {
          decodePdu(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(PduError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("reads a response without a body, with and without an error", () => {
    for (const status of [0, 0x58]) {
      const bytes = hex(`00000010 80000004 000000${status.toString(16).padStart(2, "0")} 00000007`);
      expect(decodePdu(bytes)).toMatchObject({
        command: "submit_sm_resp",
        status,
        sequence: 7,
        fields: { message_id: "" },
      });
    }
  });

  it("ignores rubbish behind the last TLV, and takes the first of two with one tag", () => {
    const good = encodePdu({ command: "submit_sm_resp", sequence: 1, fields: { message_id: "a" } });
    const bytes = Buffer.concat([good, hex("001E 0002 6200 001E 0002 6300 0427 0009 01")]);
    bytes.writeUInt32BE(bytes.length, 0);
    const { tlvs: read } = decodePdu(bytes) as Pdu;
    expect([...read.keys()]).toEqual([tags.receipted_message_id]);
    expect(tlvText(read, tags.receipted_message_id)).toBe("b");
  });

  it.each([
    ["a text that is too long", { source_addr: "1".repeat(21) }],
    ["a NUL inside", { source_addr: "AC\0ME" }],
    ["a character that is not in Latin-1", { source_addr: "АСМЕ" }],
    ["more than 254 octets", { short_message: Buffer.alloc(255) }],
    ["a number that is no octet", { data_coding: 256 }],
  ])("refuses to write %s, and says no value", (_what, fields) => {
    const write = () => encodePdu({ command: "submit_sm", sequence: 1, fields });
    expect(write).toThrow(PduError);
    expect(write).not.toThrow(/1111|ACME|256\b.*256/);
  });
});

describe("the framer", () => {
  it("cuts the same PDUs however the bytes come", () => {
    fc.assert(
      fc.property(fc.array(anyPdu, { maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 60 })), (pdus, sizes) => {
        // biome-ignore lint/suspicious/noExplicitAny: any command's fields
        const sent = pdus.map((pdu) => encodePdu(pdu as any));
        const stream = Buffer.concat(sent);
        const framer = createFramer();
        const got: Buffer[] = [];
        let at = 0;
        for (const size of [...sizes, stream.length]) {
          got.push(...framer.push(stream.subarray(at, at + size)));
          at += size;
        }
        expect(got).toEqual(sent);
      }),
    );
  });

  it.each([0, 15, largestPduOctets + 1, 0xffffffff])("refuses a length of %i at once", (length) => {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32BE(length, 0);
    expect(() => createFramer().push(bytes)).toThrow(PduError);
  });
});
