import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { dkimRecord } from "../../../../src/channels/email/dkim-key.ts";
import type { ResolveTxt } from "../../../../src/channels/email/dns-records.ts";
import { examineEmail } from "../../../../src/channels/email/doctor.ts";
import { fail, hint, ok, warn } from "../../../../src/doctor/finding.ts";
import { freePort } from "../../../../src/local/process/free-port.ts";
import { withCertificates } from "../../../support/certificates.ts";
import { configOf, pemOf, plain, withMail } from "./support.ts";

const mail = withMail();
const certificate = withCertificates();
const make = { ok, hint, warn, fail };

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const pem = (key = privateKey) => key.export({ type: "pkcs8", format: "pem" }).toString();
const dkim = { domain: "example.com", selector: "s1", private_key: pem() };
const right = dkimRecord("example.com", "s1", privateKey).text;

/** DNS with these TXT records; others do not exist. */
const dns =
  (records: Readonly<Record<string, string>>): ResolveTxt =>
  async (name) => {
    const text = records[name];
    if (text === undefined) throw Object.assign(new Error("not found"), { code: "ENOTFOUND" });
    return [[text.slice(0, 200), text.slice(200)]];
  };
const noDns: ResolveTxt = async () => {
  throw Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
};

async function find(config: Readonly<Record<string, unknown>>, resolve: ResolveTxt, about: RegExp) {
  const findings = await examineEmail(configOf(config), make, resolve);
  return findings.filter(({ what }) => about.test(what));
}

describe("mail servers", () => {
  it("in reach, with TLS and a login; sends nothing", async () => {
    const made = await certificate();
    const login = { user: "onering", password: "correct horse battery" };
    const main = await mail.server({ security: "starttls", certificate: made, login });
    const entry = { ...plain(main), security: "starttls", ca: pemOf(made), ...login };
    const findings = await find({ servers: [entry] }, noDns, /^Mail server/);
    expect(findings).toMatchObject([{ level: "ok", what: expect.stringContaining("certificate verified, logged in") }]);
    expect(main.steps).toEqual(["connect", "auth"]);
  });

  it.each([
    ["wrong password", { user: "onering", password: "wrong" }, "user and password"],
    ["certificate of nobody that is known", {}, "`ca`"],
    ["TLS from the first byte where STARTTLS is offered", { security: "tls" }, "587"],
  ])("%s: says what to fix", async (words, more, fix) => {
    const made = await certificate();
    const login = { user: "onering", password: "correct horse battery" };
    const main = await mail.server({ security: "starttls", certificate: made, login });
    const ca = words.startsWith("certificate") ? {} : { ca: pemOf(made) };
    const entry = { ...plain(main), security: "starttls", ...ca, ...login, ...more };
    const [finding] = await find({ servers: [entry] }, noDns, /^Mail server/);
    expect(finding).toMatchObject({ level: "fail", fix: expect.stringContaining(fix) });
    expect(JSON.stringify(finding)).not.toContain(login.password);
  });

  it("no STARTTLS, and nothing there", async () => {
    const main = await mail.server();
    const entries = [{ ...plain(main, "one"), security: "starttls" }, plain({ port: await freePort("tcp") }, "two")];
    expect(await find({ servers: entries }, noDns, /^Mail server/)).toMatchObject([
      { level: "fail", fix: expect.stringContaining("STARTTLS") },
      { level: "fail", what: expect.stringContaining("ECONNREFUSED"), fix: expect.stringContaining("host and port") },
    ]);
  });
});

describe("DKIM", () => {
  const name = "s1._domainkey.example.com";
  it.each([
    ["the right key", { [name]: right }, "ok", null],
    ["the right key in the older form", { [name]: right.replace("v=DKIM1; ", "") }, "ok", null],
    ["not published", {}, "fail", `Publish ${name} TXT "${right}"`],
    ["another key", { [name]: dkimRecord("example.com", "s1", other).text }, "fail", "another key"],
    ["revoked", { [name]: "v=DKIM1; p=" }, "fail", "revoked"],
    ["SHA-1 alone", { [name]: right.replace("k=rsa", "k=rsa; h=sha1") }, "fail", "sha256"],
    ["for testing", { [name]: right.replace("k=rsa", "k=rsa; t=y") }, "warn", "t=y"],
  ])("%s", async (_case, records, level, words) => {
    const main = await mail.server();
    const [finding] = await find({ servers: [plain(main)], dkim }, dns(records), /DKIM/);
    expect(finding?.level).toBe(level);
    if (words !== null) expect(`${finding?.what} ${finding?.fix}`).toContain(words);
  });

  it("where DNS does not answer nothing is claimed", async () => {
    const main = await mail.server();
    const [finding] = await find({ servers: [plain(main)], dkim }, noDns, /DKIM/);
    expect(finding).toMatchObject({
      level: "hint",
      what: expect.stringContaining("ECONNREFUSED"),
      fix: expect.stringContaining(right),
    });
  });

  it("unsigned, and a short key", async () => {
    const main = await mail.server();
    expect(await find({ servers: [plain(main)] }, noDns, /DKIM/)).toMatchObject([
      { fix: expect.stringContaining("signs") },
    ]);
    const short = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
    const records = { [name]: dkimRecord("example.com", "s1", short).text };
    const findings = await find(
      { servers: [plain(main)], dkim: { ...dkim, private_key: pem(short) } },
      dns(records),
      /DKIM/,
    );
    expect(findings).toMatchObject([{ level: "ok" }, { level: "warn", fix: expect.stringContaining("2048") }]);
  });
});

describe("SPF and DMARC", () => {
  it("are mentioned", async () => {
    const main = await mail.server();
    const records = {
      "bounce.example.com": "v=spf1 include:_spf.example.net -all",
      "_dmarc.example.com": "v=DMARC1; p=reject",
    };
    const config = { servers: [plain(main)], bounces_to: "b@bounce.example.com" };
    expect(await find(config, dns(records), /SPF|DMARC/)).toMatchObject([
      { level: "hint", what: expect.stringContaining("v=spf1 include:_spf.example.net -all") },
      { level: "ok", what: expect.stringContaining("DMARC") },
    ]);
    expect(await find(config, dns({}), /SPF|DMARC/)).toMatchObject([{ level: "warn" }, { level: "hint" }]);
    expect(await find(config, noDns, /SPF|DMARC/)).toEqual([]);
  });
});
