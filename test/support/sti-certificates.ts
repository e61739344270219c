/** A private STI-PA in small: an authority, and certificates with a TNAuthList, made by openssl (RFC 8226, ATIS-1000080). */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const openssl = (args: readonly string[]) => promisify(execFile)("openssl", args);
/** A service provider code `1234`: TNAuthorizationList ::= SEQUENCE OF [0] EXPLICIT IA5String. */
const tnAuthList = "DER:3008a006160431323334";
const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

export interface StiCertificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

export interface StiAuthority {
  readonly caFile: string;
  /** @param options.lifetime dates as openssl's `-not_before` and `-not_after` have them; default: from now, two days */
  issue(options?: {
    readonly lifetime?: readonly [string, string];
    readonly withTnAuthList?: boolean;
  }): Promise<StiCertificate>;
  remove(): Promise<void>;
}

export async function createStiAuthority(): Promise<StiAuthority> {
  const dir = await mkdtemp(path.join(tmpdir(), "onering-sti-"));
  const file = (name: string) => path.join(dir, name);
  await openssl([
    ...["req", "-x509", ...ec, "-days", "2", "-subj", "/O=Test/CN=STI-CA"],
    ...["-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", file("ca.key"), "-out", file("ca.crt")],
  ]);
  let made = 0;
  return {
    caFile: file("ca.crt"),
    async issue({ lifetime, withTnAuthList = true } = {}) {
      made += 1;
      const [csr, certFile, keyFile, extensions] = ["csr", "crt", "key", "ext"].map((end) =>
        file(`${made}.${end}`),
      ) as [string, string, string, string];
      await openssl(["req", "-new", ...ec, "-subj", "/O=Test/CN=SHAKEN 1234", "-keyout", keyFile, "-out", csr]);
      const lines = ["basicConstraints=critical,CA:false", "keyUsage=critical,digitalSignature"];
      if (withTnAuthList) lines.push(`1.3.6.1.5.5.7.1.26=${tnAuthList}`);
      await writeFile(extensions, `${lines.join("\n")}\n`);
      await openssl([
        ...["x509", "-req", "-in", csr, "-CA", file("ca.crt"), "-CAkey", file("ca.key"), "-set_serial", String(made)],
        ...(lifetime === undefined ? ["-days", "2"] : ["-not_before", lifetime[0], "-not_after", lifetime[1]]),
        ...["-extfile", extensions, "-out", certFile],
      ]);
      const [cert, key] = await Promise.all([certFile, keyFile].map((name) => readFile(name, "utf8")));
      return { certFile, keyFile, cert: cert ?? "", key: key ?? "" };
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}
