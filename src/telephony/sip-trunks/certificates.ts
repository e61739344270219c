/** When the certificates of our own SIP end, and which of them can be replaced while calls go on. */
import { X509Certificate } from "node:crypto";
import type { SipConfig } from "./config.ts";
import type { SipTrunkConfig } from "./trunk-config.ts";

export interface CertificateEnd {
  /** `listening`: `sip.tls`, which is our client certificate too; `client`: a trunk's own; `carrier`: what one showed us. */
  readonly of: "listening" | "client" | "carrier" | "signing";
  /** Null: of all trunks. */
  readonly trunk: string | null;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

interface Sections {
  readonly sip?: SipConfig | undefined;
  readonly trunks: Readonly<Record<string, { readonly sip?: SipTrunkConfig }>>;
}

/** Warnings begin so long before the end of a certificate: authorities and carriers take weeks. */
export const warnBeforeMs = 30 * 86_400_000;

/** The certificates of the configuration. @throws where a PEM text cannot be read */
export function configuredCertificates({ sip, trunks }: Sections): readonly CertificateEnd[] {
  const own = (of: CertificateEnd["of"], trunk: string | null, pem: string | undefined): CertificateEnd[] =>
    pem === undefined ? [] : [{ of, trunk, expiresAtMs: endOfPem(pem) }];
  return [
    ...own("listening", null, sip?.tls?.certificate),
    ...Object.entries(trunks).flatMap(([name, trunk]) => own("client", name, trunk.sip?.tls?.certificate)),
    ...own("signing", null, sip?.identity?.certificate),
  ];
}

/** The key of a certificate in the configuration. */
export function certificateKey({ of, trunk }: Pick<CertificateEnd, "of" | "trunk">): string {
  if (trunk !== null) return `trunks.${trunk}.sip.tls.certificate`;
  return of === "signing" ? "sip.identity.certificate" : "sip.tls.certificate";
}

/** Of a certificate with its intermediates the end that comes first. */
function endOfPem(pem: string): number {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [pem];
  return Math.min(...blocks.map((block) => Date.parse(new X509Certificate(block).validTo)));
}

/**
 * Certificates, keys and authorities of `next` in the place of those that are there: none comes or goes.
 * @returns `running` itself where nothing differs
 */
export function withCertificatesOf<Config extends Sections>(running: Config, next: Sections): Config {
  const sip = running.sip && sipWith(running.sip, next.sip);
  const trunks = Object.entries(running.trunks).map(([name, trunk]) => [name, trunkWith(trunk, next.trunks[name])]);
  const isSame = sip === running.sip && trunks.every(([name, trunk]) => trunk === running.trunks[name as string]);
  return isSame ? running : { ...running, ...(sip && { sip }), trunks: Object.fromEntries(trunks) };
}

function sipWith(running: SipConfig, next: SipConfig | undefined): SipConfig {
  const tls = running.tls && pemsOf(running.tls, next?.tls);
  const identity = running.identity && pemsOf(running.identity, next?.identity);
  if (tls === running.tls && identity === running.identity) return running;
  return { ...running, ...(tls && { tls }), ...(identity && { identity }) };
}

function trunkWith<Trunk extends Sections["trunks"][string]>(running: Trunk, next: Sections["trunks"][string] = {}) {
  if (running.sip?.tls === undefined) return running;
  const tls = pemsOf(running.sip.tls, next.sip?.tls);
  return tls === running.sip.tls ? running : { ...running, sip: { ...running.sip, tls } };
}

const pems = ["certificate", "private_key", "ca"] as const;
type Pems = { readonly [Key in (typeof pems)[number]]?: string };

function pemsOf<Section extends Pems>(running: Section, next: Pems = {}): Section {
  const renewed = pems.flatMap((key) => {
    const [before, after] = [running[key], next[key]];
    return before === undefined || after === undefined || before === after ? [] : [[key, after] as const];
  });
  return renewed.length === 0 ? running : { ...running, ...Object.fromEntries(renewed) };
}
