/** What Docker's entrypoint renders is what the sandbox and the tests run with. */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { renderConfig } from "../../../src/local/asterisk/render-config.ts";
import type { TemplateValues } from "../../../src/local/asterisk/template.ts";
import type { AsteriskTrunk } from "../../../src/local/asterisk/trunk.ts";
import { asteriskConfigDir } from "../../../src/local/fetch/paths.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-entrypoint-"));
  // Stands for Asterisk: the entrypoint runs it last.
  await writeFile(path.join(dir, "asterisk"), "#!/bin/sh\n");
  await chmod(path.join(dir, "asterisk"), 0o755);
});
afterAll(() => rm(dir, { recursive: true }));

let runs = 0;

/** Runs the entrypoint with these variables. @returns its folder and the files it rendered */
async function runEntrypoint(
  variables: Record<string, string>,
): Promise<{ work: string; files: Record<string, string> }> {
  runs += 1;
  const work = path.join(dir, `work-${runs}`);
  const env = {
    PATH: `${dir}:${process.env.PATH}`,
    ...{ ARI_PASSWORD: "ari-secret", AMI_PASSWORD: "ami-secret", CONTROL_ADDRESS: "172.20.0.3" },
    EVENT_SECRET: "event-secret-0123456789",
    ...{ WORK_DIR: work, MOUNTED_TRUNKS: path.join(dir, "nothing-mounted"), ...variables },
  };
  await promisify(execFile)(path.join(asteriskConfigDir, "entrypoint.sh"), [], { env });
  return { work, files: await filesOf(path.join(work, "etc")) };
}

async function filesOf(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const texts = files.map(async (file) => [path.relative(folder, file), await readFile(file, "utf8")]);
  return Object.fromEntries(await Promise.all(texts));
}

/** The values of the entrypoint's defaults. */
function valuesIn(work: string, changed: TemplateValues): TemplateValues {
  return {
    ...{ ETC_DIR: `${work}/etc`, LOG_DIR: `${work}/log`, RUN_DIR: work, STATE_DIR: `${work}/state`, MODULE_DIR: "" },
    ...{ DATA_DIR: "/usr/share/asterisk", HTTP_BIND: "172.20.0.3", HTTP_PORT: "8088", ARI_USER: "onering" },
    ...{ ARI_PASSWORD: "ari-secret", AMI_BIND: "172.20.0.3", AMI_PORT: "5038", AMI_USER: "onering" },
    ...{ AMI_PASSWORD: "ami-secret", ARI_PERMIT: "172.20.0.0/255.255.0.0", AMI_PERMIT: "172.20.0.0/255.255.0.0" },
    ...{ SIP_BIND: "0.0.0.0", SIP_PORT: "5060", SIP_EXTERNAL_ADDRESS: "", SIP_TLS_PORT: "5061" },
    ...{ SIP_TLS_METHOD: "tlsv1_2", SIP_TLS_CA_FILE: "/etc/ssl/certs/ca-certificates.crt" },
    ...{ SIP_TLS_CERT_FILE: "", SIP_TLS_KEY_FILE: "", STIR_KEY_FILE: "", STIR_CERT_URL: "", STIR_ATTESTATION: "A" },
    ...{ AMI_CALLS_APP: "", WITHOUT_AMI_CALLS: "used", AMI_READ: "system,user", AMI_WRITE: "system,reporting" },
    EVENT_SECRET: "event-secret-0123456789",
    ...{ RTP_START: "10000", RTP_END: "19999", HEP_MODULE: "", HEP_ADDRESS: "", HEP_PASSWORD: "", ...changed },
  };
}

const host = { name: "carrier", host: "sip.example.net" };
const cases: readonly [string, Record<string, string>, TemplateValues, AsteriskTrunk, readonly string[]][] = [
  ["an IP trunk over TCP", {}, {}, { ...host, port: 5060 }, []],
  [
    "an Asterisk whose AMI places calls",
    { AMI_CALLS_APP: "onering" },
    {
      ...{ AMI_CALLS_APP: "onering", WITHOUT_AMI_CALLS: "" },
      ...{ AMI_READ: "system,user,call", AMI_WRITE: "system,reporting,originate" },
    },
    { ...host, port: 5060 },
    [],
  ],
  ["a trunk over UDP", { TRUNK_TRANSPORT: "udp" }, {}, { ...host, port: 5060, transport: "udp" }, []],
  [
    "a registered trunk over TLS with SRTP",
    {
      ...{ TRUNK_TRANSPORT: "tls", TRUNK_SRTP: "yes", SIP_TLS_METHOD: "tlsv1_3" },
      ...{ TRUNK_USERNAME: "me", TRUNK_PASSWORD: "p;w", TRUNK_REGISTER: "yes" },
    },
    { SIP_TLS_METHOD: "tlsv1_3" },
    { ...host, port: 5061, transport: "tls", srtp: true, username: "me", password: "p;w", register: true },
    [],
  ],
  [
    "a trunk that signs and takes calls",
    {
      ...{ TRUNK_STIR_SHAKEN: "yes", STIR_KEY_FILE: "/run/secrets/key.pem", STIR_CERT_URL: "https://c.example/c.pem" },
      ...{ TRUNK_INBOUND: "yes", TRUNK_INBOUND_FROM: "192.0.2.0/28,sip.example.net", INBOUND_APPS: "one,two" },
    },
    { STIR_KEY_FILE: "/run/secrets/key.pem", STIR_CERT_URL: "https://c.example/c.pem" },
    { ...host, port: 5060, stirShaken: true, inbound: { from: ["192.0.2.0/28", "sip.example.net"] } },
    ["one", "two"],
  ],
];

test.each(cases)("%s is rendered alike", async (_, variables, values, trunk, apps) => {
  const { work, files } = await runEntrypoint({ TRUNK_HOST: trunk.host, ...variables });
  const expected = path.join(dir, `expected-${runs}`);
  await mkdir(expected);
  await renderConfig(asteriskConfigDir, expected, valuesIn(work, values), [trunk], apps);
  expect(files).toEqual(await filesOf(expected));
});

test("secrets come from files where <name>_FILE names one", async () => {
  const secrets = path.join(dir, "secrets");
  await mkdir(secrets);
  const files = ["ARI", "AMI", "TRUNK", "HEP"].map(async (name) => {
    await writeFile(path.join(secrets, name), `${name}-from 'a' $file "\n`);
    return [`${name}_PASSWORD_FILE`, path.join(secrets, name)];
  });
  const variables = { ARI_PASSWORD: "", AMI_PASSWORD: "", TRUNK_HOST: "h", TRUNK_USERNAME: "me", HEP_ADDRESS: "h:1" };
  const { files: rendered } = await runEntrypoint({ ...variables, ...Object.fromEntries(await Promise.all(files)) });
  expect(rendered["ari.conf"]).toContain(`password = ARI-from 'a' $file "\n`);
  expect(rendered["manager.conf"]).toContain(`secret = AMI-from 'a' $file "\n`);
  expect(rendered["trunks.d/carrier.conf"]).toContain(`TRUNK-from 'a' $file "\n`);
  expect(rendered["hep.conf"]).toContain(`HEP-from 'a' $file "\n`);
});

test("a mounted trunk's file brings what it uses", async () => {
  const mounted = path.join(dir, "mounted");
  await mkdir(mounted);
  await writeFile(
    path.join(mounted, "second.conf"),
    "[second]\ntype=endpoint\ntransport=transport-tls ; encrypted\ncontext = onering-inbound\n",
  );
  const { files } = await runEntrypoint({ MOUNTED_TRUNKS: mounted });
  expect(files["transports.conf"]).toContain("[transport-tls]");
  expect(files["transports.conf"]).not.toContain("[transport-udp]");
  expect(files["modules.conf"]).toContain("require = pbx_config.so ; used\n");
  expect(files["modules.conf"]).not.toContain("res_srtp.so");
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the dialplan's own way to write it.
  expect(files["extensions.conf"]).toContain("same = n,Stasis(onering,inbound,${ONERING_INVITE})\n");
});

test("where no secret is given for the events of calls that come in, each start makes one", async () => {
  const secrets = await Promise.all(
    [1, 2].map(async () => {
      const { files } = await runEntrypoint({ TRUNK_HOST: "h", TRUNK_INBOUND: "yes", EVENT_SECRET: "" });
      return /,Token: ([0-9a-f]{48}),/.exec(files["extensions.conf"] ?? "")?.[1];
    }),
  );
  expect(new Set([...secrets, undefined]).size).toBe(3);
});

test.each([
  [{}, /no trunk: set TRUNK_HOST/],
  [{ ARI_PASSWORD_FILE: "/dev/null" }, /set only one of ARI_PASSWORD and ARI_PASSWORD_FILE/],
  [{ ARI_PASSWORD: "", ARI_PASSWORD_FILE: "/nowhere" }, /ARI_PASSWORD_FILE: \/nowhere cannot be read by/],
  [{ ARI_PASSWORD: "", ARI_PASSWORD_FILE: "/dev/null" }, /ARI_PASSWORD_FILE: \/dev\/null is empty/],
  [{ ARI_PASSWORD: "" }, /set ARI_PASSWORD \(or ARI_PASSWORD_FILE\)/],
  [{ TRUNK_HOST: "h", TRUNK_REGISTER: "yes" }, /needs TRUNK_USERNAME/],
  [{ TRUNK_HOST: "h", TRUNK_STIR_SHAKEN: "yes" }, /needs STIR_KEY_FILE and STIR_CERT_URL/],
  [{ TRUNK_HOST: "h", TRUNK_INBOUND: "yes", INBOUND_APPS: "a,b(c)" }, /cannot be the name of a Stasis application/],
])("%j is refused", async (variables, message) => {
  await expect(runEntrypoint(variables)).rejects.toThrow(message);
});
