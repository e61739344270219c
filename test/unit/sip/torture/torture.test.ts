/** RFC 4475 and RFC 5118: every message is read or refused as they say; nothing throws, nothing is slow. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import {
  readAddress,
  readCSeq,
  readParameters,
  readVia,
  splitValues,
  tagOf,
  userOf,
} from "../../../../src/sip/header.ts";
import { parseSip } from "../../../../src/sip/invite-reading.ts";
import {
  bodyOf,
  headerOf,
  headersOf,
  onlyHeaderOf,
  type ParsedMessage,
  parseMessage,
} from "../../../../src/sip/message.ts";
import { cpuTimeMs } from "../../../support/cpu-time.ts";
import { parseRequest } from "../parse-request.ts";

const read = (rfc: string, name: string) => readFileSync(path.join(import.meta.dirname, rfc, `${name}.dat`));
const message = (rfc: string, name: string): ParsedMessage => {
  const parsed = parseMessage(read(rfc, name));
  if (parsed === null) throw new Error(`${name} was refused`);
  return parsed;
};

/**
 * RFC 4475: what the parser makes of the message (a method, a status, or null: refused), and whether a server may act on it.
 * `liberal`: the RFC lets an element refuse the message or understand it all the same.
 */
const rfc4475: Readonly<Record<string, readonly [start: string | number | null, acts: boolean | "liberal"]>> = {
  // 3.1.1: valid. Those with no magic cookie in Via are of RFC 2543's age, and no request for our carrier.
  wsinv: ["INVITE", false],
  intmeth: ["!interesting-Method0123456789_*+`.%indeed'~", true],
  esc01: ["INVITE", true],
  escnull: ["REGISTER", true],
  esc02: ["RE%47IST%45R", true],
  lwsdisp: ["OPTIONS", true],
  longreq: ["INVITE", false],
  dblreq: ["REGISTER", true],
  semiuri: ["OPTIONS", true],
  transports: ["OPTIONS", true],
  mpart01: ["MESSAGE", true],
  unreason: [200, false],
  noreason: [100, false],
  // 3.1.2: invalid.
  badinv01: ["INVITE", false],
  clerr: ["INVITE", false],
  ncl: ["INVITE", false],
  scalar02: ["REGISTER", false],
  scalarlg: [503, false],
  quotbal: ["INVITE", false],
  ltgtruri: [null, false],
  lwsruri: [null, false],
  lwsstart: [null, false],
  trws: [null, false],
  escruri: ["INVITE", "liberal"],
  baddate: ["INVITE", "liberal"],
  regbadct: ["REGISTER", "liberal"],
  badaspec: ["OPTIONS", "liberal"],
  // Has no blank line after its headers, in the archive too.
  baddn: [null, false],
  badvers: [null, false],
  mismatch01: ["OPTIONS", false],
  mismatch02: ["NEWMETHOD", false],
  bigcode: [null, false],
  // 3.2: no transaction identifier behind the cookie. "A parser must not break."
  badbranch: ["OPTIONS", "liberal"],
  // 3.3: what an application makes of it; the parser accepts them.
  insuf: ["INVITE", false],
  unkscm: ["OPTIONS", true],
  novelsc: ["OPTIONS", true],
  unksm2: ["REGISTER", true],
  bext01: ["OPTIONS", true],
  invut: ["INVITE", true],
  regaut01: ["REGISTER", true],
  multi01: ["INVITE", false],
  mcl01: ["OPTIONS", false],
  bcast: [200, false],
  zeromf: ["OPTIONS", true],
  cparam01: ["REGISTER", true],
  cparam02: ["REGISTER", true],
  regescrt: ["REGISTER", true],
  sdp01: ["INVITE", true],
  // 3.4: RFC 2543 syntax, no branch.
  inv2543: ["INVITE", false],
};

const startOf = (parsed: ParsedMessage | null) =>
  parsed === null ? null : parsed.kind === "request" ? parsed.method : parsed.status;

describe("RFC 4475", () => {
  it("is here whole", () => {
    const files = readdirSync(path.join(import.meta.dirname, "rfc4475")).map((file) => file.replace(".dat", ""));
    expect(files.sort()).toEqual(Object.keys(rfc4475).sort());
  });

  it.each(Object.entries(rfc4475))("%s", (name, [start, acts]) => {
    const datagram = read("rfc4475", name);
    expect(startOf(parseMessage(datagram))).toBe(start);
    const request = parseRequest(datagram);
    if (acts !== "liberal") expect(request?.method).toBe(acts ? start : undefined);
    expect(() => parseSip(datagram)).not.toThrow();
  });

  it("wsinv: folds, white space and compact names do not matter", () => {
    const wsinv = message("rfc4475", "wsinv");
    expect(tagOf(onlyHeaderOf(wsinv, "to") ?? "")).toBe("1918181833n");
    const from = onlyHeaderOf(wsinv, "from") ?? "";
    expect([tagOf(from), readAddress(from)]).toEqual([
      "98asjd8",
      { displayName: 'J Rosenberg \\"', uri: "sip:jdrosen@example.com" },
    ]);
    expect(readCSeq(onlyHeaderOf(wsinv, "cseq") ?? "")).toEqual({ number: 9, method: "INVITE" });
    const vias = headersOf(wsinv, "via").flatMap(splitValues).map(readVia);
    expect(vias).toMatchObject([
      { transport: "UDP", sentBy: "192.0.2.2", branch: "390skdjuw" },
      { transport: "TCP", sentBy: "spindle.example.com", branch: "z9hG4bK9ikj8" },
      { transport: "UDP", sentBy: "192.168.255.111", branch: "z9hG4bK30239" },
    ]);
    expect(headerOf(wsinv, "subject")).toBe("");
    expect(headerOf(wsinv, "newfangledheader")).toBe("newfangled value continued newfangled value");
    const contact = readParameters(headerOf(wsinv, "contact") ?? "");
    expect(Object.fromEntries(contact.parameters)).toEqual({ newparam: "newvalue", secondparam: "", q: "0.33" });
  });

  it("intmeth: every legal character, bytes as they came", () => {
    const intmeth = message("rfc4475", "intmeth");
    expect(intmeth).toMatchObject({
      uri: "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com",
    });
    expect(tagOf(onlyHeaderOf(intmeth, "from") ?? "")).toBe("_token~1'+`*%!-.");
    expect(readAddress(onlyHeaderOf(intmeth, "to") ?? "")?.displayName).toBe("BEL:\x07 NUL:\x00 DEL:\x7f");
    expect(onlyHeaderOf(intmeth, "call-id")).toBe("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
  });

  it("escnull, esc01, semiuri: escapes and semicolons stay part of the user, parameters do not", () => {
    expect(userOf(message("rfc4475", "escnull").kind === "request" ? "sip:null-%00-null@example.com" : "")).toBe(
      "null-%00-null",
    );
    expect(message("rfc4475", "esc01")).toMatchObject({ uri: "sip:sips%3Auser%40example.com@example.net" });
    expect(message("rfc4475", "semiuri")).toMatchObject({ uri: "sip:user;par=u%40example.net@example.com" });
  });

  it("dblreq: what follows the body in a datagram is noise", () => {
    expect(bodyOf(message("rfc4475", "dblreq"))).toBe("");
  });

  it("unreason, noreason: any phrase, or none", () => {
    expect(message("rfc4475", "noreason")).toMatchObject({ status: 100, phrase: "" });
    const { phrase } = message("rfc4475", "unreason") as ParsedMessage & { kind: "response" };
    expect(Buffer.from(phrase, "latin1").toString("utf8")).toContain("сто девяносто девять");
  });

  it.each(["scalarlg", "multi01", "insuf", "mismatch01"])("%s says nothing to the capture", (name) => {
    expect(parseSip(read("rfc4475", name))).toBeNull();
  });

  it.each(["clerr", "ncl", "mcl01"])("%s: a body of another length than came is none", (name) => {
    expect(bodyOf(message("rfc4475", name))).toBeNull();
  });
});

/** RFC 5118: read, or refused; and the top Via's host. */
const rfc5118: Readonly<Record<string, string | null>> = {
  "ipv6-good": "[2001:db8::9:1]",
  "ipv6-bad": null,
  "port-ambiguous": "[2001:db8::9:1]",
  "port-unambiguous": "[2001:db8::9:1]",
  "via-received-param-with-delim": "[2001:db8::9:1]",
  "via-received-param-no-delim": "[2001:db8::9:1]",
  "ipv6-in-sdp": "[2001:db8::20]",
  "mult-ip-in-header": "[2001:db8::9:1]:6050",
  "mult-ip-in-sdp": "[2001:db8::9:1]",
  "ipv4-mapped-ipv6": "[::ffff:192.0.2.10]:19823",
  // Three colons are a bug in RFC 3261's grammar that must be tolerated (section 4.10).
  "ipv6-bug-abnf-3-colons": "lab1.east.example.com",
  "ipv6-correct-abnf-2-colons": "lab1.east.example.com",
};

describe("RFC 5118", () => {
  it("is here whole", () => {
    const files = readdirSync(path.join(import.meta.dirname, "rfc5118")).map((file) => file.replace(".dat", ""));
    expect(files.sort()).toEqual(Object.keys(rfc5118).sort());
  });

  it.each(Object.entries(rfc5118))("%s", (name, sentBy) => {
    const request = parseRequest(read("rfc5118", name));
    expect(request?.via.sentBy ?? null).toBe(sentBy);
  });
});

it("no torture message is slow", () => {
  const all = ["rfc4475", "rfc5118"].flatMap((rfc) =>
    readdirSync(path.join(import.meta.dirname, rfc)).map((file) => read(rfc, file.replace(".dat", ""))),
  );
  const tookMs = cpuTimeMs(() => {
    for (let round = 0; round < 20; round++) {
      for (const datagram of all) {
        parseRequest(datagram);
        parseSip(datagram);
      }
    }
  });
  // Measured: 0.03 ms a message and reader.
  expect(tookMs / (20 * all.length)).toBeLessThan(1);
});
