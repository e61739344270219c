import { readFile } from "node:fs/promises";
import { request } from "node:http";
import path from "node:path";
import { expect, test } from "vitest";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { ariRequest, originate } from "../../support/ari-request.ts";
import { withCertificates } from "../../support/certificates.ts";
import { withRuntime } from "../../support/processes.ts";
import type { SipMessage } from "../../support/sipp-log.ts";

const runtime = withRuntime();
const certificate = withCertificates();
const CALL = { trunk: "carrier", channelId: "call-1", callee: "+31612345678", callerId: "+12015550123" };
const HOST = { name: "carrier", host: "127.0.0.1" } as const;
const CERT_URL = "https://sign.example/onering.pem";

async function complaints(asterisk: AsteriskServer): Promise<string[]> {
  const log = await readFile(path.join(asterisk.dir, "log/messages.log"), "utf8");
  return log.split("\n").filter((line) => /WARNING|ERROR/.test(line));
}

const inviteOf = (messages: SipMessage[]) => messages.find((message) => message.method === "INVITE");

/** The two parts of a PASSporT (RFC 8225) that can be read. */
function passport(identity: string): { header: unknown; payload: unknown } {
  const [header = "", payload = ""] = identity.split(";")[0]?.split(".") ?? [];
  const read = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString());
  return { header: read(header), payload: read(payload) };
}

test("a call over TLS rings the phone and is canceled; it offers SRTP and signs the caller ID", async () => {
  const carried = await certificate();
  const signing = await certificate("sign.example");
  const carrier = await runtime.carrier({ scenario: "ringing", transport: "tls", tls: carried });
  const asterisk = await runtime.asterisk({
    trunks: [{ ...HOST, port: carrier.port, transport: "tls", srtp: true, stirShaken: true }],
    tls: { caFile: carried.certFile },
    stirShaken: { keyFile: signing.keyFile, certUrl: CERT_URL, attestation: "A" },
  });
  expect(await originate(asterisk, CALL)).toMatchObject({ status: 200 });
  const seen = await carrier.waitFor((all) => all.some((message) => message.status === 180));
  await ariRequest(asterisk, "DELETE", "/channels/call-1");
  await carrier.waitFor((all) => all.some((message) => message.method === "ACK"));

  const invite = inviteOf(seen);
  expect(invite?.header("Via")[0]).toMatch(/^SIP\/2\.0\/TLS /);
  expect(invite?.text).toMatch(/^m=audio \d+ RTP\/SAVP /m);
  expect(invite?.text).toMatch(/^a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:/m);
  const [identity = ""] = invite?.header("Identity") ?? [];
  expect(identity).toContain(`info=<${CERT_URL}>;alg=ES256;ppt=shaken`);
  expect(passport(identity)).toMatchObject({
    header: { alg: "ES256", ppt: "shaken", typ: "passport", x5u: CERT_URL },
    payload: { attest: "A", orig: { tn: "12015550123" }, dest: { tn: ["31612345678"] } },
  });
  expect(await complaints(asterisk)).toEqual([]);
});

for (const [what, name] of [
  ["that no authority signed", "127.0.0.1"],
  ["for another host", "elsewhere.example"],
] as const) {
  test(`a carrier with a certificate ${what} gets no call`, async () => {
    const [carried, authority] = [await certificate(name), await certificate()];
    const carrier = await runtime.carrier({ scenario: "ringing", transport: "tls", tls: carried });
    const asterisk = await runtime.asterisk({
      trunks: [{ ...HOST, port: carrier.port, transport: "tls", qualifySeconds: 0 }],
      tls: { caFile: name === "127.0.0.1" ? authority.certFile : carried.certFile },
    });
    await originate(asterisk, CALL);
    await expect.poll(async () => (await ariRequest(asterisk, "GET", "/channels")).body, { timeout: 5000 }).toEqual([]);
    expect(await carrier.messages()).toEqual([]);
  });
}

test("a trunk without a transport of its own goes over TCP, and nothing listens on UDP", async () => {
  const carrier = await runtime.carrier({ scenario: "ringing", transport: "tcp" });
  const asterisk = await runtime.asterisk({ trunks: [{ ...HOST, port: carrier.port }] });
  await originate(asterisk, CALL);
  const seen = await carrier.waitFor((all) => all.some((message) => message.status === 180));
  expect(inviteOf(seen)?.header("Via")[0]).toMatch(/^SIP\/2\.0\/TCP /);
  expect(inviteOf(seen)?.header("Identity")).toEqual([]);
  expect(await asterisk.cli("pjsip show transports")).not.toMatch(/\budp\b/);
  expect(await complaints(asterisk)).toEqual([]);
});

test("modules for SRTP, STIR/SHAKEN and incoming calls are loaded only where a trunk uses them", async () => {
  const asterisk = await runtime.asterisk({ trunks: [{ ...HOST, port: 9 }] });
  const { body } = await ariRequest(asterisk, "GET", "/asterisk/modules");
  const names = (body as { name: string }[]).map((module) => module.name);
  expect(names).toContain("chan_pjsip.so");
  for (const absent of ["res_srtp.so", "res_stir_shaken.so", "res_curl.so", "pbx_config.so", "app_userevent.so"]) {
    expect(names).not.toContain(absent);
  }
});

test("ARI refuses whoever connects from another address than the gateway's", async () => {
  const asterisk = await runtime.asterisk({ trunks: [{ ...HOST, port: 9 }] });
  const { user, password } = asterisk.ari;
  const statusFrom = (localAddress: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const options = { localAddress, port: asterisk.ports.http, host: "127.0.0.1", auth: `${user}:${password}` };
      request({ ...options, path: "/ari/asterisk/info" }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .once("error", reject)
        .end();
    });
  expect(await statusFrom("127.0.0.1")).toBe(200);
  expect(await statusFrom("127.0.0.2")).toBe(403);
});
