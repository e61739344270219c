/** Looks at what e-mail needs: mail servers in reach that log us in over TLS, and the DNS records that receivers look at. */

import { Resolver } from "node:dns/promises";
import { systemClock } from "../../shared/clock.ts";
import { domainOf, readAddress } from "./address.ts";
import { type EmailConfig, type EmailServerConfig, portOf } from "./config.ts";
import { readDkimKey, recommendedBits } from "./dkim-key.ts";
import { checkDkimRecord, findRecord, type ResolveTxt, recordToPublish } from "./dns-records.ts";
import { openSession, SessionError } from "./smtp-session.ts";

/** How a finding is made; the doctor passes its own. */
export interface FindingMakers<F> {
  ok(what: string): F;
  hint(what: string, fix: string): F;
  warn(what: string, fix: string): F;
  fail(what: string, fix: string): F;
}

const page = "docs/channel-email.md";

/** A resolver in reach answers within a second. */
const resolver = new Resolver({ timeout: 2000, tries: 2 });
const resolveByDns: ResolveTxt = (name) => resolver.resolveTxt(name);

/** Sends no message. @param resolve TXT look-ups; default: the machine's resolver */
export async function examineEmail<F>(
  config: EmailConfig,
  make: FindingMakers<F>,
  resolve: ResolveTxt = resolveByDns,
): Promise<F[]> {
  const findings: F[] = [];
  for (const server of config.servers) findings.push(await examineServer(server, config, make));
  findings.push(...(await examineDkim(config, make, resolve)));
  findings.push(...(await examinePolicies(config, make, resolve)));
  return findings;
}

async function examineServer<F>(server: EmailServerConfig, config: EmailConfig, make: FindingMakers<F>): Promise<F> {
  const name = `Mail server ${server.name} (${server.host}:${portOf(server)})`;
  try {
    const session = await openSession(
      {
        server,
        clientName: config.client_name,
        replyTimeoutMs: config.reply_timeout_ms,
        clock: systemClock,
      },
      config.connect_timeout_ms,
    );
    const utf8 = session.utf8 ? "" : "; it takes no addresses with characters outside ASCII (no SMTPUTF8)";
    session.close();
    const how = server.security === "plain" ? "in reach, not encrypted" : "in reach over TLS, certificate verified";
    return make.ok(`${name}: ${how}, ${server.user === undefined ? "no login" : "logged in"}${utf8}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return make.fail(`${name}: ${why}`, fixOf(server, error));
  }
}

/** What most often is the cause. */
function fixOf({ security, user }: EmailServerConfig, error: unknown): string {
  const why = error instanceof Error ? error.message : "";
  if (error instanceof SessionError && error.stage === "auth") {
    return "Are user and password right, and does the server offer AUTH PLAIN, LOGIN or CRAM-MD5 on this port?";
  }
  if (/certificate|altnames|issuer|self.signed/i.test(why)) {
    return "The certificate must be valid for `host`; give a private authority's certificate as `ca`.";
  }
  if (/starttls/i.test(why)) return "This port offers no STARTTLS: is it the one for `security: tls` (465)?";
  if (/wrong version|ssl|tls|EPROTO/i.test(why)) {
    return "The server speaks no TLS from the first byte here: is it the port for `security: starttls` (587)?";
  }
  const port = security === "tls" ? "465" : user === undefined ? "25 or 587" : "587";
  return `Are host and port right (usually ${port}), and does a firewall or the hosting company block outgoing SMTP?`;
}

async function examineDkim<F>({ dkim }: EmailConfig, make: FindingMakers<F>, resolve: ResolveTxt): Promise<F[]> {
  if (dkim === undefined) {
    const fix = `Make sure that your mail server signs, or set email.dkim (${page}): large providers refuse unsigned mail.`;
    return [make.hint("E-mail: messages are not signed with DKIM here", fix)];
  }
  const read = readDkimKey(dkim.private_key);
  if ("expected" in read) return [make.fail("E-mail: the DKIM key cannot be used", `Give ${read.expected}.`)];
  const name = `E-mail: DKIM key ${dkim.selector} of ${dkim.domain}`;
  const publish = `Publish ${recordToPublish(dkim.domain, dkim.selector, read.key)}`;
  const check = await checkDkimRecord({ ...dkim, key: read.key }, resolve);
  const small =
    read.bits < recommendedBits
      ? [make.warn(`${name}: ${read.bits} bits`, `Use ${recommendedBits} bits (RFC 8301).`)]
      : [];
  switch (check.kind) {
    case "found":
      if (!check.testing) return [make.ok(`${name}: published, and the one that signs`), ...small];
      return [
        make.warn(`${name}: published with t=y (testing)`, "Remove t=y: receivers may ignore the signature."),
        ...small,
      ];
    case "missing":
      return [make.fail(`${name}: not published`, `${publish}.`)];
    case "revoked":
      return [make.fail(`${name}: revoked (empty p=)`, `${publish}, best under a new selector.`)];
    case "wrong_key":
      return [make.fail(`${name}: another key is published`, `${publish}, or configure the key that is published.`)];
    case "no_sha256":
      return [make.fail(`${name}: the record does not allow sha256 (h=)`, `${publish}.`)];
    case "unreachable":
      return [
        make.hint(`${name}: DNS cannot be asked from here (${check.why})`, `${publish}, where it is not yet.`),
        ...small,
      ];
  }
}

async function examinePolicies<F>(config: EmailConfig, make: FindingMakers<F>, resolve: ResolveTxt): Promise<F[]> {
  const [from, bouncesTo] = [config.from, config.bounces_to ?? config.from].map(domainIn);
  const spf = await findRecord(bouncesTo ?? "", /^v=spf1(?: |$)/i, resolve);
  const dmarc = await findRecord(`_dmarc.${from}`, /^v=DMARC1\s*(?:;|$)/i, resolve);
  const findings: F[] = [];
  if (spf === null) {
    findings.push(
      make.warn(`E-mail: ${bouncesTo} has no SPF record`, `Publish one that names your mail servers (${page}).`),
    );
  } else if (spf !== undefined) {
    findings.push(
      make.hint(`E-mail: ${bouncesTo} has an SPF record: ${spf}`, "Make sure that it names the mail servers above."),
    );
  }
  if (dmarc === null) {
    const fix = `Publish one (${page}). A record of the organisation's domain counts too, and is not looked up here.`;
    findings.push(make.hint(`E-mail: ${from} has no DMARC record of its own`, fix));
  } else if (dmarc !== undefined) findings.push(make.ok(`E-mail: ${from} has a DMARC record`));
  return findings;
}

function domainIn(address: string): string {
  const read = readAddress(address);
  return "to" in read ? domainOf(read.to) : domainOf(address);
}
