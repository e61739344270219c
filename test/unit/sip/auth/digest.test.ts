import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { createDigest, createDigests } from "../../../../src/sip/auth/digest.ts";
import type { Digest, DigestAnswers, DigestProblem } from "../../../../src/sip/auth/port.ts";
import type { SipResponseMessage } from "../../../../src/sip/message.ts";
import { parseMessage } from "../../../../src/sip/message.ts";

const register = { method: "REGISTER", uri: "sip:carrier.example" };
const account = { username: "alice", password: "secret" };

function challenged(...lines: readonly string[]): SipResponseMessage {
  const head = ["SIP/2.0 401 Unauthorized", ...lines, "", ""].join("\r\n");
  const message = parseMessage(Buffer.from(head, "utf8"));
  if (message?.kind !== "response") throw new Error("not a response");
  return message;
}

function digestOf(credentials = account as typeof account & { realm?: string }) {
  const time = { ms: 0 };
  const random = { below: () => 0, bytes: (length: number) => Buffer.alloc(length, 0xab) };
  return { digest: createDigest(credentials, random, () => time.ms), time };
}

function answered(answer: DigestAnswers | DigestProblem | null): DigestAnswers {
  if (answer === null || typeof answer === "string") throw new Error(`not answered: ${answer}`);
  return answer;
}

const value = (answer: DigestAnswers | DigestProblem | null) => answered(answer).headers[0]?.[1] ?? "";
const parameter = (text: string, name: string) => new RegExp(`\\b${name}="?([^",]*)`).exec(text)?.[1];

const md5 = 'WWW-Authenticate: Digest realm="carrier.example", nonce="n1", qop="auth", algorithm=MD5';

describe("one challenge", () => {
  // The expected responses were computed with Python's hashlib.
  test("qop auth with MD5: the header as RFC 3261 writes it", () => {
    const { digest } = digestOf();
    expect(answered(digest.answer(challenged(`${md5}, opaque="o"`), register, null)).headers).toEqual([
      [
        "Authorization",
        'Digest username="alice", realm="carrier.example", nonce="n1", uri="sip:carrier.example", ' +
          'response="db4af5f8f081b5e85316792e278bbb78", algorithm=MD5, opaque="o", qop=auth, nc=00000001, ' +
          'cnonce="abababababababababababab"',
      ],
    ]);
  });

  test.each([
    ["no algorithm and no qop, as RFC 2069", 'realm="carrier.example", nonce="n1"', "83b292c8d77c77fee642649b05dfa9b4"],
    [
      "SHA-256-sess",
      'realm="carrier.example", nonce="n1", qop="auth", algorithm="SHA-256-sess"',
      "52dab0d28cf625742dd971e18902586c60a24abbc41d53ad78303ad1cd2b15cb",
    ],
    [
      "auth before auth-int, names and values in any case, a quoted algorithm",
      'REALM="carrier.example",Nonce="n1",QOP="auth-int,AUTH",Algorithm="md5"',
      "db4af5f8f081b5e85316792e278bbb78",
    ],
  ])("%s", (_, parameters, response) => {
    const { digest } = digestOf();
    const text = value(digest.answer(challenged(`WWW-Authenticate: Digest ${parameters}`), register, null));
    expect(parameter(text, "response")).toBe(response);
  });

  test("auth-int alone signs the body", () => {
    const { digest } = digestOf();
    const invite = { method: "INVITE", uri: "sip:bob@carrier.example", body: "v=0\r\n" };
    const challenge =
      'Proxy-Authenticate: Digest realm="carrier.example", nonce="n1", qop="auth-int", algorithm=SHA-256';
    const { headers } = answered(digest.answer(challenged(challenge), invite, null));
    expect(headers[0]?.[0]).toBe("Proxy-Authorization");
    expect(parameter(headers[0]?.[1] ?? "", "response")).toBe(
      "441e33eb0b09e7dc532bb8ec900330be9d5dca6a0bee47205e51b945e78a0756",
    );
  });

  test("a realm with quotes, commas and bytes above ASCII goes back as it came", () => {
    const { digest } = digestOf();
    const realm = '"a \\"b\\", c=d <é>"';
    const text = value(
      digest.answer(challenged(`WWW-Authenticate: Digest realm=${realm}, nonce="n1"`), register, null),
    );
    expect(Buffer.from(text, "latin1").toString("utf8")).toContain(`realm=${realm}, nonce="n1"`);
  });
});

describe("several challenges", () => {
  const of = (algorithm: string, realm = "r") =>
    `WWW-Authenticate: Digest realm="${realm}", nonce="${algorithm}", qop="auth", algorithm=${algorithm}`;

  test.each([
    [["MD5", "SHA-256", "SHA-512-256"], "SHA-512-256"],
    [["SHA-256", "MD5"], "SHA-256"],
    [["SHA3-512", "MD5"], "MD5"],
    [["SHA-512-256-sess", "SHA-256"], "SHA-512-256-sess"],
  ])("of %s the strongest that we know is answered, once", (algorithms, expected) => {
    const { digest } = digestOf();
    const { headers } = answered(digest.answer(challenged(...algorithms.map((name) => of(name))), register, null));
    expect(headers.map(([, text]) => parameter(text, "algorithm"))).toEqual([expected]);
  });

  test("each realm, of a proxy and of the server, gets its own (RFC 3261 section 22.3)", () => {
    const { digest } = digestOf();
    const proxy = 'Proxy-Authenticate: Digest realm="p", nonce="n2", qop="auth"';
    const { headers } = answered(digest.answer(challenged(of("MD5", "a"), of("MD5", "b"), proxy), register, null));
    expect(headers.map(([name, text]) => [name, parameter(text, "realm")])).toEqual([
      ["Authorization", "a"],
      ["Authorization", "b"],
      ["Proxy-Authorization", "p"],
    ]);
  });

  test("joined in one line, as HTTP allows, beside other schemes", () => {
    const { digest } = digestOf();
    const line =
      'WWW-Authenticate: Basic realm="r", Digest realm="r", nonce="n1", Digest realm="r", nonce="n2", algorithm=SHA-256';
    expect(parameter(value(digest.answer(challenged(line), register, null)), "nonce")).toBe("n2");
  });

  test("with a configured realm no other one is answered", () => {
    const { digest } = digestOf({ ...account, realm: "b" });
    const both = answered(digest.answer(challenged(of("MD5", "a"), of("MD5", "b")), register, null));
    expect(both.headers.map(([, text]) => parameter(text, "realm"))).toEqual(["b"]);
    expect(digest.answer(challenged(of("MD5", "a")), register, null)).toBe("other_realm");
  });

  test.each([
    ["no_challenge", ["Server: x"]],
    ["no_challenge", ['WWW-Authenticate: Basic realm="r"']],
    ["no_challenge", ['WWW-Authenticate: Digest realm="r"']],
    ["no_challenge", ['WWW-Authenticate: Digest realm="r, nonce="n1"']],
    ["no_challenge", ["WWW-Authenticate: Digest"]],
    ["unknown_algorithm", ['WWW-Authenticate: Digest realm="r", nonce="n", algorithm=AKAv1-MD5']],
    ["unknown_algorithm", ['WWW-Authenticate: Digest realm="r", nonce="n", qop="auth-conf"']],
  ] as const)("%s: %s", (problem, lines) => {
    expect(digestOf().digest.answer(challenged(...lines), register, null)).toBe(problem);
  });
});

describe("refusals", () => {
  const first = challenged(md5);
  const again = (extra = "", nonce = "n2") => challenged(`${md5.replace("n1", nonce)}${extra}`);

  test("a second challenge means wrong credentials, unless the nonce was stale", () => {
    const { digest } = digestOf();
    const once = answered(digest.answer(first, register, null));
    expect(digest.answer(again(), register, once)).toBe("wrong_credentials");
    expect(digest.answer(again(", stale=true", "n1"), register, once)).toBe("wrong_credentials");
    const twice = answered(digest.answer(again(", stale=TRUE"), register, once));
    expect(parameter(value(twice), "nonce")).toBe("n2");
    expect(digest.answer(again("", "n3"), register, twice)).toBe("wrong_credentials");
  });

  test("nonces that are always stale come to an end", () => {
    const { digest } = digestOf();
    let before: DigestAnswers | null = null;
    let rounds = 0;
    for (; rounds < 100; rounds++) {
      const answer = digest.answer(again(", stale=true", `n${rounds}`), register, before);
      if (typeof answer === "string") break;
      before = answer;
    }
    expect(rounds).toBe(4);
  });

  test("the server behind a proxy challenges second: the proxy's credentials stay, with the next count", () => {
    const { digest } = digestOf();
    const proxy = challenged('Proxy-Authenticate: Digest realm="p", nonce="np", qop="auth"');
    const once = answered(digest.answer(proxy, register, null));
    const twice = answered(digest.answer(first, register, once));
    expect(twice.headers.map(([name, text]) => [name, parameter(text, "nc")])).toEqual([
      ["Proxy-Authorization", "00000002"],
      ["Authorization", "00000001"],
    ]);
  });
});

describe("nonces that are used again", () => {
  function afterOneChallenge(): { digest: Digest; time: { ms: number } } {
    const made = digestOf();
    made.digest.answer(challenged(md5), register, null);
    return made;
  }

  test("the next request carries credentials at once, counted", () => {
    const { digest } = afterOneChallenge();
    const text = value(digest.ahead(register));
    // As computed with Python's hashlib for nc 2.
    expect(parameter(text, "response")).toBe("f230ffe439cf1e2c348025e9c2c6bc31");
    expect([1, 2].map(() => parameter(value(digest.ahead(register)), "nc"))).toEqual(["00000003", "00000004"]);
  });

  test("nothing is sent ahead before a challenge, nor where the server has no qop", () => {
    const { digest } = digestOf();
    expect(digest.ahead(register)).toBeNull();
    digest.answer(challenged('WWW-Authenticate: Digest realm="r", nonce="n1"'), register, null);
    expect(digest.ahead(register)).toBeNull();
  });

  test("the same nonce in another challenge goes on counting", () => {
    const { digest } = digestOf();
    const counts = [1, 2, 3].map(() => parameter(value(digest.answer(challenged(md5), register, null)), "nc"));
    expect(counts).toEqual(["00000001", "00000002", "00000003"]);
  });

  test("credentials sent ahead that are refused say nothing of the password", () => {
    const { digest, time } = afterOneChallenge();
    time.ms = 60_000;
    const ahead = digest.ahead(register);
    const answer = answered(digest.answer(challenged(md5.replace("n1", "n2")), register, ahead));
    expect(parameter(value(answer), "nonce")).toBe("n2");
    expect(digest.answer(challenged(md5.replace("n1", "n3")), register, answer)).toBe("wrong_credentials");
  });

  test("a server's nonces are used ahead for half as long as it kept one", () => {
    const { digest, time } = afterOneChallenge();
    time.ms = 60_000;
    digest.answer(challenged(md5.replace("n1", "n2")), register, digest.ahead(register));
    time.ms = 90_000;
    expect(digest.ahead(register)).not.toBeNull();
    time.ms = 90_001;
    expect(digest.ahead(register)).toBeNull();
  });

  test("one-time nonces: one refusal, then each request waits for its challenge, until an hour has passed", () => {
    const { digest, time } = digestOf();
    let refused = 0;
    for (let call = 0; call < 50; call++) {
      time.ms = call * 1000;
      const ahead = digest.ahead(register);
      if (ahead !== null) refused++;
      digest.answer(challenged(md5.replace("n1", `n${call}`)), register, ahead);
    }
    expect(refused).toBe(1);
    time.ms += 3_600_001;
    expect(digest.ahead(register)).not.toBeNull();
  });

  test("what is kept is bounded, whatever the server sends", () => {
    const { digest } = digestOf();
    for (let realm = 0; realm < 1000; realm++) {
      digest.answer(challenged(`WWW-Authenticate: Digest realm="r${realm}", nonce="n", qop="auth"`), register, null);
    }
    expect(answered(digest.ahead(register)).headers).toHaveLength(4);
  });
});

test("another request of a dialog is signed with the nonces of the first, also where the server has no qop", () => {
  const { digest } = digestOf();
  const first = answered(digest.answer(challenged('WWW-Authenticate: Digest realm="r", nonce="n1"'), register, null));
  const bye = digest.next({ method: "BYE", uri: "sip:bob@carrier.example" }, first);
  expect(parameter(value(bye), "nonce")).toBe("n1");
  expect(parameter(value(bye), "response")).not.toBe(parameter(value(first), "response"));
});

test("requests with the same credentials share one digest, so they share its nonces", () => {
  const digests = createDigests({ below: () => 0, bytes: (length) => Buffer.alloc(length) }, () => 0);
  digests(account).answer(challenged(md5), register, null);
  expect(digests(account).ahead(register)).not.toBeNull();
  expect(digests({ ...account }).ahead(register)).toBeNull();
});

test("the password is not readable in what is kept or returned", () => {
  const { digest } = digestOf({ username: "alice", password: "s3cret-word" });
  const answer = digest.answer(challenged(md5), register, null);
  expect(inspect([digest, answer], { depth: 20, showHidden: true })).not.toContain("s3cret-word");
});
