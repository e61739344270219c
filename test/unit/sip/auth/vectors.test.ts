import { describe, expect, test } from "vitest";
import { algorithmOf } from "../../../../src/sip/auth/algorithms.ts";
import { type Answerable, keyOf, responseOf } from "../../../../src/sip/auth/response.ts";

const latin1 = (text: string) => Buffer.from(text, "utf8").toString("latin1");

describe("responses of the RFCs' own examples", () => {
  test.each([
    {
      source: "RFC 2617 section 3.5, MD5",
      account: { username: "Mufasa", password: "Circle Of Life" },
      realm: "testrealm@host.com",
      nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
      algorithm: "MD5",
      cnonce: "0a4f113b",
      uri: "/dir/index.html",
      response: "6629fae49393a05397450978507c4ef1",
    },
    {
      source: "RFC 7616 section 3.9.1, MD5",
      account: { username: "Mufasa", password: "Circle of Life" },
      realm: "http-auth@example.org",
      nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
      algorithm: "MD5",
      cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
      uri: "/dir/index.html",
      response: "8ca523f5e9506fed4657c9700eebdbec",
    },
    {
      source: "RFC 7616 section 3.9.1, SHA-256",
      account: { username: "Mufasa", password: "Circle of Life" },
      realm: "http-auth@example.org",
      nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
      algorithm: "SHA-256",
      cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
      uri: "/dir/index.html",
      response: "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    },
    {
      source: "RFC 7616 section 3.9.2 with its erratum 4897, SHA-512-256, a name in UTF-8",
      account: { username: latin1("Jäsøn Doe"), password: "Secret, or not?" },
      realm: "api@example.org",
      nonce: "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
      algorithm: "SHA-512-256",
      cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
      uri: "/doe.json",
      response: "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
    },
  ])("$source", ({ account, realm, nonce, algorithm, cnonce, uri, response }) => {
    const known = algorithmOf(algorithm);
    if (known === null) throw new Error(`${algorithm} is missing`);
    const challenge: Answerable = {
      ...{ by: "server", realm, nonce, opaque: null, stale: false, qop: "auth" },
      ...{ algorithm: known, algorithmName: algorithm },
    };
    const key = keyOf(account, challenge, cnonce);
    expect(responseOf(key, challenge, { method: "GET", uri }, { cnonce, count: 1 })).toBe(response);
  });
});
