/** What the schema of the e-mail section cannot say: addresses, plaintext, credentials, certificates, the DKIM key. */
import { X509Certificate } from "node:crypto";
import { isLoopback } from "../../shared/ip-address.ts";
import type { CrossCheck, IsSound } from "../../typed-yaml/cross-check.ts";
import type { Path, Problem } from "../../typed-yaml/errors.ts";
import { domainOf, needsSmtpUtf8, readAddress } from "./address.ts";
import type { EmailConfig, EmailServerConfig } from "./config.ts";
import { isAligned, readDkimKey } from "./dkim-key.ts";

interface Sections {
  readonly email?: EmailConfig;
}

export const emailChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["email"], problems: sendersAreAddresses },
  { reads: ["email"], problems: serverNamesDiffer },
  { reads: ["email"], problems: serversAreSafe },
  { reads: ["email"], problems: dkimKeyFits },
];

function sendersAreAddresses({ email }: Sections, isSound: IsSound): Problem[] {
  return (["from", "bounces_to"] as const).flatMap((key) => {
    const given = email?.[key];
    if (given === undefined || !isSound(["email", key])) return [];
    const read = readAddress(given);
    const why = "problem" in read ? read.problem : needsSmtpUtf8(read.to) ? "has characters outside ASCII" : null;
    const expected = `an ASCII address; this one ${why}`;
    return why === null ? [] : [{ path: ["email", key], given: JSON.stringify(given), expected }];
  });
}

function serverNamesDiffer({ email }: Sections, isSound: IsSound): Problem[] {
  return withSoundServers(email, isSound, ({ name }, path, index) => {
    const first = email?.servers.findIndex((server) => server.name === name);
    const expected = "a name of its own for each server";
    return first === index ? [] : [{ path: [...path, "name"], given: JSON.stringify(name), expected }];
  });
}

function serversAreSafe({ email }: Sections, isSound: IsSound): Problem[] {
  return withSoundServers(email, isSound, (server, path) => [
    ...plaintextProblems(server, path),
    ...credentialProblems(server, path),
    ...certificateProblems(server, path),
  ]);
}

function plaintextProblems({ security, host, allow_plaintext, user }: EmailServerConfig, path: Path): Problem[] {
  if (security !== "plain" || isLoopback(host)) return [];
  const at = [...path, "security"];
  if (!allow_plaintext) {
    const expected = "starttls or tls to another host (or allow_plaintext where nobody else can read that network)";
    return [{ path: at, given: "plain", expected }];
  }
  return user === undefined ? [] : [{ path: at, given: "plain with a password", expected: "starttls or tls" }];
}

function credentialProblems({ user, password }: EmailServerConfig, path: Path): Problem[] {
  if ((user === undefined) === (password === undefined)) return [];
  const given = user === undefined ? "password alone" : "user alone";
  return [{ path, given, expected: "user and password, or neither" }];
}

function certificateProblems({ ca, security }: EmailServerConfig, path: Path): Problem[] {
  if (ca === undefined) return [];
  const at = [...path, "ca"];
  if (security === "plain") return [{ path: at, given: "a certificate", expected: "none with security plain" }];
  try {
    new X509Certificate(ca);
    return [];
  } catch {
    return [{ path: at, given: "PEM that cannot be read", expected: "certificates in PEM" }];
  }
}

function dkimKeyFits({ email }: Sections, isSound: IsSound): Problem[] {
  if (email?.dkim === undefined || !isSound(["email", "dkim"])) return [];
  const { domain, private_key } = email.dkim;
  const problems: Problem[] = [];
  const key = readDkimKey(private_key);
  if ("expected" in key) {
    problems.push({ path: ["email", "dkim", "private_key"], given: "(hidden)", expected: key.expected });
  }
  const from = readAddress(email.from);
  if (isSound(["email", "from"]) && "to" in from && !isAligned(domainOf(from.to), domain)) {
    const expected = `${domainOf(from.to)}, the domain of \`from\`, or one above or below it: else DMARC does not accept the signature`;
    problems.push({ path: ["email", "dkim", "domain"], given: JSON.stringify(domain), expected });
  }
  return problems;
}

function withSoundServers(
  email: EmailConfig | undefined,
  isSound: IsSound,
  problems: (server: EmailServerConfig, path: Path, index: number) => Problem[],
): Problem[] {
  if (email === undefined || !isSound(["email", "servers"])) return [];
  return email.servers.flatMap((server, index) => problems(server, ["email", "servers", index], index));
}
