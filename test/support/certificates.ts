/** Certificates for tests over TLS, made by openssl. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll } from "vitest";

export interface Certificate {
  /** PEM files. The key is readable for its owner only. */
  readonly certFile: string;
  readonly keyFile: string;
}

/** Call it at the top of a test file. @returns makes a certificate that vouches for itself, for 127.0.0.1 or another name */
export function withCertificates(): (name?: string) => Promise<Certificate> {
  let dir: string | null = null;
  let made = 0;
  afterAll(async () => {
    if (dir !== null) await rm(dir, { recursive: true, force: true });
  });
  return async (name = "127.0.0.1") => {
    dir ??= await mkdtemp(path.join(tmpdir(), "onering-certificates-"));
    made += 1;
    const [certFile, keyFile] = [path.join(dir, `${made}.crt`), path.join(dir, `${made}.key`)];
    const alternative = /^[0-9.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`;
    await promisify(execFile)("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
      ...["-subj", `/CN=${name}`, "-addext", `subjectAltName=${alternative}`, "-keyout", keyFile, "-out", certFile],
    ]);
    return { certFile, keyFile };
  };
}
