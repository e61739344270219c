/** A certificate authority for tests over TLS, made by openssl; certificates as PEM texts. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll } from "vitest";

export interface IssuedCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority {
  readonly ca: string;
  /**
   * @param names subjectAltNames as openssl writes them: `DNS:a.example`, `IP:127.0.0.1`, `URI:sip:a.example`
   * @param lifetime a number: days until its end
   */
  issue(names: readonly string[], lifetime?: "valid" | "expired" | "future" | number): Promise<IssuedCertificate>;
}

const lifetimes = {
  valid: ["20200101000000Z", "20991231000000Z"],
  expired: ["20200101000000Z", "20200102000000Z"],
  future: ["20980101000000Z", "20991231000000Z"],
} as const;
/** As openssl writes times. */
const daysFromNow = (days: number) =>
  `${new Date(Date.now() + days * 86_400_000).toISOString().replaceAll(/[-:T]/g, "").slice(0, 14)}Z`;
const run = promisify(execFile);
const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"] as const;

/** Call it at the top of a test file. @returns makes an authority; its files are removed after the tests */
export function withAuthorities(): () => Promise<Authority> {
  const folders: string[] = [];
  afterAll(async () => {
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
  });
  return async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "onering-authority-"));
    folders.push(folder);
    const file = (name: string) => path.join(folder, name);
    await writeFile(file("index.txt"), "");
    await writeFile(
      file("ca.conf"),
      [
        "[ca]\ndefault_ca = tests",
        `[tests]\ndatabase = ${file("index.txt")}\nnew_certs_dir = ${folder}\nrand_serial = yes\nunique_subject = no`,
        `certificate = ${file("ca.crt")}\nprivate_key = ${file("ca.key")}\ndefault_md = sha256\npolicy = any`,
        "copy_extensions = copy\n[any]\ncommonName = optional\n",
      ].join("\n"),
    );
    await run("openssl", [
      ...["req", "-x509", ...newKey, "-days", "3650", "-subj", "/CN=Test authority"],
      ...["-keyout", file("ca.key"), "-out", file("ca.crt")],
    ]);
    let issued = 0;
    /** openssl writes its database of certificates without a lock. */
    let signing: Promise<unknown> = Promise.resolve();
    return {
      ca: await readFile(file("ca.crt"), "utf8"),
      async issue(names, lifetime = "valid") {
        issued += 1;
        const [request, key, certificate] = [`${issued}.csr`, `${issued}.key`, `${issued}.crt`].map(file) as [
          string,
          string,
          string,
        ];
        const alternatives = names.length === 0 ? [] : ["-addext", `subjectAltName=${names.join(",")}`];
        // The common name is one that tests ask for: it must not count.
        const subject = ["-subj", "/CN=carrier.example"];
        await run("openssl", ["req", "-new", ...newKey, ...subject, ...alternatives, "-keyout", key, "-out", request]);
        const [from, to] =
          typeof lifetime === "number" ? [lifetimes.valid[0], daysFromNow(lifetime)] : lifetimes[lifetime];
        const sign = async () =>
          run("openssl", [
            ...["ca", "-batch", "-notext", "-config", file("ca.conf"), "-startdate", from, "-enddate", to],
            ...["-in", request, "-out", certificate],
          ]);
        signing = signing.then(sign);
        await signing;
        return { certificate: await readFile(certificate, "utf8"), key: await readFile(key, "utf8") };
      },
    };
  };
}
