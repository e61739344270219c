import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isRequestUri,
  readAddress,
  readCSeq,
  readParameters,
  readReasons,
  readVia,
  splitValues,
  tagOf,
  unquote,
  userOf,
} from "../../../src/sip/header.ts";
import { headersOf, parseMessage, wantedHeaders } from "../../../src/sip/message.ts";
import { leastCpuTimeMs } from "../../support/cpu-time.ts";

const token = fc.string({ unit: fc.constantFrom(..."abcXYZ019-.!%*_+`'~"), minLength: 1, maxLength: 20 });
/** What a quoted string may hold, and what a careless reader stumbles over. */
const text = fc.string({ unit: fc.constantFrom(...'ab ,;=<>"\\@:'), maxLength: 30 });
const quoted = (content: string) => `"${content.replace(/["\\]/g, "\\$&")}"`;

describe("header values", () => {
  it("split at commas outside quotes and brackets only", () => {
    expect(splitValues('"a, b" <sip:x,y@h>;p=1, <sip:z@h>')).toEqual(['"a, b" <sip:x,y@h>;p=1', "<sip:z@h>"]);
  });

  it("come back as they were written, whatever quoted strings hold", () => {
    const parameter = fc.tuple(
      token,
      fc.oneof(
        text.map((content) => [content, quoted(content)] as const),
        token.map((value) => [value, value] as const),
      ),
    );
    const value = fc.record({ head: token, parameters: fc.array(parameter, { maxLength: 5 }) });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), (values) => {
        const written = values
          .map(({ head, parameters }) =>
            [head, ...parameters.map(([name, [, form]]) => `${name} = ${form}`)].join(" ; "),
          )
          .join(" , ");
        const split = splitValues(written);
        expect(split).toHaveLength(values.length);
        values.forEach(({ head, parameters }, index) => {
          const read = readParameters(split[index] ?? "");
          expect(read.value).toBe(head);
          for (const [name, [content]] of parameters) {
            const first = parameters.find(([other]) => other.toLowerCase() === name.toLowerCase());
            expect(read.parameters.get(name.toLowerCase())).toBe(first?.[1][0] ?? content);
          }
        });
      }),
    );
  });

  it("unquote what quoting wrote", () => {
    fc.assert(
      fc.property(fc.string(), (content) => {
        expect(unquote(quoted(content))).toBe(content);
      }),
    );
  });

  it.each([
    ["<sip:+33639981234@h:5060;user=phone>;tag=1", "+33639981234"],
    ['"Eve \\" <sip:0@x>" <sip:+331@h>', "+331"],
    ["sip:0033639@h", "0033639"],
    ["<sip:+331;phone-context=x@h>", "+331"],
    // Without brackets all that follows a semicolon is the header's (RFC 3261 section 20.10).
    ["sip:+331@h;user=phone", "+331"],
    ["<sips:user:secret@h>", "user"],
    ["<tel:+33639981234;ext=5>", "+33639981234"],
    ["<sip:anonymous@anonymous.invalid>", "anonymous"],
    ["<sip:h>", null],
    ["<sip:a@b@h>", null],
    ["<http://example.com/@x>", null],
    ["<sip:a@h", null],
    ['"unterminated <sip:a@h>', null],
    ["", null],
  ])("have the user of %s", (value, user) => {
    const address = readAddress(value);
    expect(address === null ? null : userOf(address.uri)).toBe(user);
  });

  it.each([
    ["1 INVITE", { number: 1, method: "INVITE" }],
    ["2147483647\tBYE", { number: 2_147_483_647, method: "BYE" }],
    ["2147483648 BYE", null],
    ["-1 BYE", null],
    ["1", null],
    ["1 INV ITE", null],
  ])("have the CSeq %s", (value, cseq) => {
    expect(readCSeq(value)).toEqual(cseq);
  });

  it.each([
    ["SIP/2.0/UDP h;rport;branch=z9hG4bK1", { sentBy: "h", branch: "z9hG4bK1", rport: true }],
    ["SIP / 2.0 / TLS  H.example : 5061 ; branch = x", { transport: "TLS", sentBy: "h.example:5061", branch: "x" }],
    ["SIP/2.0/UDP [2001:DB8::1]:5060", { sentBy: "[2001:db8::1]:5060", branch: "", rport: false }],
    ["SIP/2.0/UDP 2001:db8::1", null],
    ["SIP/3.0/UDP h", null],
    ["SIP/2.0/UDP", null],
  ])("have the Via %s", (value, via) => {
    const read = readVia(value);
    if (via === null) expect(read).toBeNull();
    else expect(read).toMatchObject(via);
  });

  it.each([
    ["sip:a@h", true],
    ["sips:h:5061;transport=tls", true],
    ["sip:a@[::1]:5060?x=y", true],
    ["tel:+33", true],
    ["sip:2001:db8::10", false],
    ["sip:a@", false],
    ["<sip:a@h>", false],
    ["h", false],
  ])("can have %s as a Request-URI: %s", (uri, can) => {
    expect(isRequestUri(uri)).toBe(can);
  });

  it("have reasons of several protocols in one header or several", () => {
    const values = ['SIP;cause=580;text="a, Q.850;cause=3"', 'Q.850 ;text="\\"x\\"" ; cause = 20, preemption'];
    expect(readReasons(values)).toEqual([
      { protocol: "SIP", cause: 580, text: "a, Q.850;cause=3" },
      { protocol: "Q.850", cause: 20, text: '"x"' },
      { protocol: "preemption", cause: null, text: "" },
    ]);
  });

  it("have the tag outside of name and address", () => {
    expect(tagOf('"a;tag=no" <sip:x@y;tag=no>;x=1 ; TAG = yes;y=2')).toBe("yes");
    for (const none of [
      "<sip:x@y;tag=no>",
      "<sip:x@y>;tag=",
      `<sip:x@y>;tag=${"a".repeat(257)}`,
      '<sip:x@y>;tag="a b"',
    ]) {
      expect(tagOf(none)).toBeNull();
    }
  });
});

describe("a message", () => {
  const start = "OPTIONS sip:h SIP/2.0\r\n";
  const parse = (head: string) => parseMessage(Buffer.from(head, "latin1"));

  it("has its headers in order, unfolded, with full names", () => {
    const headers = [
      { name: "via", value: "a b c" },
      { name: "x-own", value: "" },
      { name: "via", value: "d" },
    ];
    expect(parse(`${start}v:  a\r\n\t b \r\n c\r\nX-Own:\r\nVIA : d\r\n\r\n`)?.headers).toEqual(headers);
  });

  it("may have a header as long as the message: an Identity with rich call data, folded or not", () => {
    const passport = "e".repeat(12_000);
    const identity = { name: "identity", value: `${passport};info=<https://sti.example/c.pem>` };
    expect(parse(`${start}y: ${identity.value}\r\n\r\n`)?.headers).toEqual([identity]);
    const folded = `${passport} ;info=<https://sti.example/c.pem>`;
    expect(parse(`${start}Identity: ${folded.replace(" ", "\r\n ")}\r\n\r\n`)?.headers[0]?.value).toBe(folded);
  });

  it("is read for some headers alone where only those are wanted", () => {
    const datagram = Buffer.from(`${start}v: a\r\nVery odd line\r\nt: <sip:a@h>\r\n\r\nbody`);
    const to = wantedHeaders("to");
    expect(parseMessage(datagram, to)).toMatchObject({ headers: [{ name: "to", value: "<sip:a@h>" }], rest: "" });
    expect(parseMessage(datagram)).toBeNull();
  });

  it.each([
    ["no blank line", start],
    ["more than 200 headers", `${start}${"A: b\r\n".repeat(201)}\r\n`],
    ["more than 64 KB", `${start}A: ${"b".repeat(65_600)}\r\n\r\n`],
    ["more than 64 KB in folded lines", `${start}A: b${"\r\n b".repeat(17_000)}\r\n\r\n`],
    ["a lone line break in a header", `${start}A: b\nC: d\r\n\r\n`],
    ["a NUL in a header", `${start}A: \0\r\n\r\n`],
    ["no name before the colon", `${start}: b\r\n\r\n`],
    ["a name with a space in it", `${start}A B: c\r\n\r\n`],
    ["two spaces in its start line", "OPTIONS  sip:h SIP/2.0\r\nA: b\r\n\r\n"],
    ["another version", "OPTIONS sip:h SIP/3.0\r\nA: b\r\n\r\n"],
    ["a status of four digits", "SIP/2.0 2000 OK\r\nA: b\r\n\r\n"],
    ["a status of 099", "SIP/2.0 099 OK\r\nA: b\r\n\r\n"],
  ])("with %s is refused", (_, head) => {
    expect(parse(head)).toBeNull();
  });

  it("that is anything at all neither throws nor holds a line break in a header", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "INVITE sip:a@b SIP/2.0\r\n",
        "SIP/2.0 603 X\r\n",
        "\r\n",
        "\r\n ",
        "\r\n\r\n",
        "From: ",
        "v:",
        ";",
        ",",
        "<",
        ">",
      ),
      fc.constantFrom('"', "\\", "=", "tag", " ", "\t", "\r", "\n", "\0", ":", "@"),
      fc.string({ unit: "binary", maxLength: 10 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const message = parseMessage(Buffer.from(pieces.join(""), "latin1"));
        if (message === null) return;
        for (const { value } of message.headers) {
          expect(value).not.toMatch(/[\r\n]/);
          for (const part of splitValues(value)) {
            readParameters(part);
            readAddress(part);
            readVia(part);
          }
        }
        readReasons(headersOf(message, "from"));
      }),
      { numRuns: 5000 },
    );
  });
});

describe("time is linear in the length", () => {
  /** What made the patterns of the first readers quadratic: pieces that look like a beginning again and again. */
  const pieces = [
    '"',
    '\\"',
    '"\\',
    "<",
    "(",
    ",",
    ";",
    ";a=",
    ";cause=1",
    "Q.850;",
    ' "',
    " ",
    "\t",
    "=",
    ":",
    "@",
    "a@",
  ];
  const readers: readonly (readonly [string, (value: string) => unknown])[] = [
    ["splitValues", splitValues],
    ["readParameters", readParameters],
    ["readReasons", (value) => readReasons([value])],
    ["readAddress", readAddress],
    ["readVia", (value) => readVia(`SIP/2.0/UDP ${value}`)],
    ["userOf", (value) => userOf(`sip:${value}`)],
    ["isRequestUri", (value) => isRequestUri(`sip:${value}`)],
    ["tagOf", tagOf],
    ["readCSeq", readCSeq],
  ];

  it.each(readers)("of %s", (_, reader) => {
    for (const piece of pieces) {
      const value = piece.repeat(Math.ceil(200_000 / piece.length));
      // A quadratic reader takes minutes for this; measured: at most 25 ms.
      expect(leastCpuTimeMs(500, () => reader(value))).toBeLessThan(500);
    }
  });

  it("of a whole message of the greatest size", () => {
    for (const piece of ["\r\n", "\r\n ", ": ", "a:b\r\n", 'Reason: "\\"\r\n', "Reason: Q.850;\r\n"]) {
      const datagram = Buffer.from(`SIP/2.0 480 Odd\r\n${piece.repeat(60_000 / piece.length)}\r\n\r\n`, "latin1");
      expect(leastCpuTimeMs(50, () => parseMessage(datagram))).toBeLessThan(50);
    }
  });
});
