/** Streams: the same messages whatever the split, bounded, in linear time; nothing throws or hangs. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStreamFraming } from "../../../src/sip/framing.ts";
import { bodyOf, type ParsedMessage, parseMessage } from "../../../src/sip/message.ts";
import { leastCpuTimeMs } from "../../support/cpu-time.ts";
import { ok, options } from "../../support/transports.ts";

/** All that a stream gave, in order. */
function read(chunks: readonly (Buffer | string)[], maxBytes?: number) {
  const events: (ParsedMessage | "ping" | "malformed")[] = [];
  const heads: string[] = [];
  const framing = createStreamFraming(
    {
      message: (message, head) => {
        events.push(message);
        heads.push(head);
      },
      ping: () => events.push("ping"),
      malformed: () => events.push("malformed"),
    },
    maxBytes,
  );
  let error: string | null = null;
  for (const chunk of chunks) {
    // The buffer is used again for what comes next, as by a socket.
    const bytes = Buffer.from(typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk);
    error = framing.push(bytes);
    bytes.fill(0xff);
  }
  return { events, heads, error, waiting: framing.waiting };
}

const cut = (text: string, at: readonly number[]) => {
  const bytes = Buffer.from(text, "latin1");
  const edges = [0, ...at.map((one) => one % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
};

const body = fc.string({
  unit: fc.constantFrom("a", "\r", "\n", "\r\n\r\n", "SIP/2.0 200 OK", "\xff", ":"),
  maxLength: 40,
});
const message = fc.tuple(fc.nat(99), body, fc.boolean()).map(([id, text, compact]) => {
  const whole = options(id, "\r\nX: 1\r\n 2", text);
  return compact ? whole.replace("Content-Length", "l") : whole;
});
const skipped = options("odd").replace("Call-ID:", "Call ID:");
const piece = fc.oneof({ weight: 4, arbitrary: message }, fc.constantFrom("\r\n\r\n", skipped, ok("b")));

describe("a stream", () => {
  it("has the same messages in whatever pieces it comes", () => {
    const cuts = fc.array(fc.nat(20_000), { maxLength: 30 });
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), cuts, (pieces, at) => {
        const text = pieces.join("");
        const whole = read([text]);
        expect(read(cut(text, at))).toEqual(whole);
        expect(whole.events).toEqual(
          pieces.map((one) =>
            one === "\r\n\r\n" ? "ping" : one === skipped ? "malformed" : parseMessage(Buffer.from(one, "latin1")),
          ),
        );
        expect([whole.error, whole.waiting]).toEqual([null, false]);
      }),
      { numRuns: 300 },
    );
  });

  it("has the same messages byte by byte, and what a datagram has", () => {
    const pieces = [options("a", "", "body"), "\r\n\r\n", ok("b"), options("c")];
    const text = pieces.join("");
    const { events, heads } = read(Array.from(text, (byte) => byte));
    expect(events).toEqual([
      parseMessage(Buffer.from(pieces[0] ?? "")),
      "ping",
      ...pieces.slice(2).map((one) => parseMessage(Buffer.from(one))),
    ]);
    expect(heads.map((head) => `${head}\r\n`)).toEqual([pieces[0]?.slice(0, -4), pieces[2], pieces[3]]);
  });

  it("may have single line breaks between messages: late answers to a ping", () => {
    const { events } = read(["\r\n", options("a"), "\r\n", "\r", "\n\r\n", options("b")]);
    expect(events).toMatchObject([{ method: "OPTIONS" }, "ping", { method: "OPTIONS" }]);
  });

  it("does not take the answer to our ping for half a ping", () => {
    let pings = 0;
    const framing = createStreamFraming({ message: () => {}, ping: () => (pings += 1), malformed: () => {} });
    for (let round = 0; round < 3; round++) {
      framing.expectPong();
      framing.push(Buffer.from("\r\n"));
    }
    expect(pings).toBe(0);
    framing.push(Buffer.from("\r\n\r\n"));
    expect(pings).toBe(1);
  });

  it("is not read on once it was stopped from within", () => {
    let messages = 0;
    const framing = createStreamFraming({
      message: () => {
        messages += 1;
        framing.stop();
      },
      ping: () => {},
      malformed: () => {},
    });
    expect(framing.push(Buffer.from(`${ok(1)}${ok(2)}`))).toBe("stopped");
    expect(messages).toBe(1);
  });

  it.each([
    ["no Content-Length", ok("a").replace(/Content-Length: 0\r\n/, "")],
    ["two of them", ok("a").replace("Content-Length: 0", "Content-Length: 0\r\nl: 0")],
    ["one that is no number", ok("a").replace("Length: 0", "Length: -1")],
    ["one of 2^33 bytes", ok("a").replace("Length: 0", "Length: 8589934592")],
    ["one in a line that is refused", ok("a").replace("Length: 0", "Length: 0\0")],
    ["a message over the limit", options("a", "", "x".repeat(70_000))],
    ["a head over the limit", options("a", "\r\nX: 1".repeat(12_000))],
    ["a head over the limit without an end", "INVITE sip:a SIP/2.0\r\n".repeat(3100)],
    ["another protocol's words", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["noise of TLS", `\x16\x03\x01\x02\x00${"\x01\xff".repeat(35_000)}`],
  ])("with %s must be closed, and nothing after it is read", (_, text) => {
    for (const chunks of [[text, ok("b")], cut(`${text}${ok("b")}`, [1, 7, 100, 200, 65_000])]) {
      const { events, error } = read(chunks);
      expect([events, typeof error]).toEqual([[], "string"]);
    }
  });

  it("of a smaller limit is closed at that one", () => {
    expect(read([options("a", "", "x".repeat(600))], 700).error).toBe("a message of more than 700 bytes");
    expect(read([options("a", "", "x".repeat(100))], 700).error).toBeNull();
  });

  it("that is anything at all neither throws nor differs by its pieces", () => {
    const noise = fc.oneof(
      piece,
      fc.constantFrom("INVITE sip:a@b SIP/2.0\r\n", "SIP/2.0 603 X\r\n", "\r\n", "\r\n ", "\r", "\n", "l: 3\r\n", "v:"),
      fc.constantFrom("Content-Length: ", "0", "9", "\0", ":"),
      fc.string({ unit: "binary", maxLength: 10 }),
    );
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 30 }), fc.array(fc.nat(9000), { maxLength: 10 }), (pieces, at) => {
        const text = pieces.join("");
        const bytes = Buffer.from(text, "latin1").toString("latin1");
        const [whole, split] = [read([bytes]), read(cut(bytes, at))];
        expect(split.events).toEqual(whole.events);
        expect(split.error).toEqual(whole.error);
      }),
      { numRuns: 200 },
    );
  });
});

describe("time is linear in the length", () => {
  const big = options("a", "\r\nX: 1".repeat(150), "x".repeat(60_000));
  it.each([
    ["byte by byte", () => read(Array.from(big.repeat(2), (byte) => byte))],
    ["line breaks alone", () => read(["\r\n".repeat(500_000)])],
    ["line breaks byte by byte", () => read(Array.from("\r\n".repeat(50_000), (byte) => byte))],
    ["half blank lines", () => read(Array.from("\r\n\r".repeat(5000), (byte) => byte))],
    ["a long head byte by byte", () => read(Array.from("x".repeat(66_000), (byte) => byte))],
    [
      "10,000 small messages in chunks of 1000 bytes",
      () => {
        const text = Buffer.from(ok("a").repeat(10_000));
        return read(
          Array.from({ length: Math.ceil(text.length / 1000) }, (_, at) => text.subarray(at * 1000, at * 1000 + 1000)),
        );
      },
    ],
    ["lengths in a head that is refused", () => read([`A B\r\n${"l: ".repeat(5000)}\r\n\r\n`])],
    ["spaces behind a length", () => read([`A B\r\nl${" ".repeat(60_000)}\r\n\r\n`])],
  ])("of %s", (_, work) => {
    // A quadratic reader takes seconds; measured: at most 100 ms.
    expect(leastCpuTimeMs(700, work)).toBeLessThan(700);
  });
});

describe("the torture messages of RFC 4475 and RFC 5118 over a stream", () => {
  const torture = path.join(import.meta.dirname, "torture");
  const all = ["rfc4475", "rfc5118"].flatMap((rfc) =>
    readdirSync(path.join(torture, rfc)).map((file) => [rfc, file] as const),
  );
  /** What is not read as one message. Others give what they give as a datagram, and those refused there are skipped. */
  const others: Readonly<Record<string, readonly [starts: readonly string[], end: "closed" | "waits"]>> = {
    // No Content-Length, several, or none that is a number.
    inv2543: [[], "closed"],
    mcl01: [[], "closed"],
    ncl: [[], "closed"],
    // Says that 9999 bytes come; has no blank line.
    clerr: [[], "waits"],
    baddn: [[], "waits"],
    // Two requests, and a body longer than the second one says, which is no message.
    dblreq: [["REGISTER", "INVITE"], "closed"],
  };

  it.each(all)("%s/%s", (rfc, file) => {
    const datagram = readFileSync(path.join(torture, rfc, file));
    const whole = read([datagram]);
    expect(read(Array.from(datagram.toString("latin1")))).toEqual(whole);
    const { events, error, waiting } = whole;
    const other = others[file.replace(".dat", "")];
    if (other !== undefined) {
      const starts = events.map((event) =>
        typeof event === "object" && event.kind === "request" ? event.method : event,
      );
      expect([starts, error === null ? (waiting ? "waits" : "") : "closed"]).toEqual(other);
      return;
    }
    const asDatagram = parseMessage(datagram);
    const asStream = asDatagram && { ...asDatagram, rest: bodyOf(asDatagram), bytes: expect.any(Number) };
    expect(events).toEqual([asStream ?? "malformed"]);
    expect([error, waiting]).toEqual([null, false]);
  });
});
