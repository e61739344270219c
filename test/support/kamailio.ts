/** Kamailio on loopback: a registrar and a proxy that challenges what it gets, and relays calls to a carrier behind it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Child } from "../../src/local/process/child.ts";
import { freePort } from "../../src/local/process/free-port.ts";
import type { KamailioProgram } from "./fetch/kamailio.ts";

const readyDeadlineMs = 10_000;

export interface KamailioOptions {
  readonly username: string;
  readonly password: string;
  readonly realm: string;
  readonly algorithm: "MD5" | "SHA-256";
  /** How long it takes a nonce; default 300 s. */
  readonly nonceSeconds?: number;
  /** A nonce signs one request alone; default false. */
  readonly oneTimeNonces?: boolean;
  /** Shorter registrations are refused with 423; default 10 s. */
  readonly minExpires?: number;
  /** Where challenged calls are relayed to: `sip:127.0.0.1:5070;transport=udp`. Left out: 404. */
  readonly carrier?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** PEM texts: its certificate and key for TLS. Left out: it does not listen over TLS. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

export interface Kamailio {
  /** UDP and TCP. */
  readonly port: number;
  /** TLS, where it has a certificate. */
  readonly tlsPort: number;
  /** What it did, one line each: `REGISTER 200 sip:alice@… expires 60`, `INVITE challenged`, … */
  lines(): readonly string[];
  /** Waits for the line. @throws after 8 s */
  line(pattern: RegExp, count?: number): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export async function startKamailio(program: KamailioProgram, options: KamailioOptions): Promise<Kamailio> {
  const dir = await mkdtemp(path.join(tmpdir(), "onering-kamailio-"));
  const port = options.port ?? (await freePort("udp", "tcp"));
  const tlsPort = await freePort("tcp");
  const file = path.join(dir, "kamailio.cfg");
  await Promise.all([
    writeFile(file, configurationOf(program, options, { port, tlsPort, dir })),
    writeFile(path.join(dir, "tls.crt"), options.tls?.certificate ?? ""),
    writeFile(path.join(dir, "tls.key"), options.tls?.key ?? "", { mode: 0o600 }),
  ]);
  const child = await Child.start("kamailio", { ...program, args: [] }, [
    ...["-f", file, "-DD", "-E", "-m", "64", "-M", "16"],
    ...["-Y", dir, "-w", dir, "-P", path.join(dir, "pid")],
  ]);
  const lines = () => [...child.output.matchAll(/TEST (.*)/g)].map(([, line = ""]) => line.trim());
  const stop = async () => {
    await child.stop();
    await rm(dir, { recursive: true, force: true });
  };
  const waitUntil = (look: () => boolean, deadlineMs: number) =>
    child.waitUntil(
      async () => look(),
      deadlineMs,
      async () => child.output.slice(-3000),
    );
  try {
    await waitUntil(() => child.output.includes("TEST ready"), readyDeadlineMs);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...{ port, tlsPort, lines, stop },
    async line(pattern, count = 1) {
      const found = () => lines().filter((line) => pattern.test(line));
      await waitUntil(() => found().length >= count, 8000);
      return found();
    },
  };
}

interface Place {
  readonly port: number;
  readonly tlsPort: number;
  readonly dir: string;
}

function configurationOf({ modules }: KamailioProgram, options: KamailioOptions, { port, ...at }: Place): string {
  const { username, password, realm, algorithm, nonceSeconds = 300, oneTimeNonces = false } = options;
  const { minExpires = 10, carrier } = options;
  return `#!KAMAILIO
debug=1
log_stderror=yes
children=2
tcp_children=2
auto_aliases=no
listen=udp:127.0.0.1:${port}
listen=tcp:127.0.0.1:${port}
${options.tls === undefined ? "" : `enable_tls=yes\nlisten=tls:127.0.0.1:${at.tlsPort}`}
mpath="${modules}"
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "path.so"
${options.tls === undefined ? "" : tlsModule(at.dir)}
modparam("usrloc", "db_mode", 0)
modparam("registrar", "min_expires", ${minExpires})
modparam("registrar", "max_expires", 600)
modparam("registrar", "default_expires", 60)
modparam("registrar", "path_mode", 1)
modparam("auth", "nonce_expire", ${nonceSeconds})
modparam("auth", "nonce_count", 1)
modparam("auth", "qop", "auth")
${oneTimeNonces ? 'modparam("auth", "nonce_count", 0)\nmodparam("auth", "one_time_nonce", 1)' : ""}
modparam("auth", "algorithm", "${algorithm}")
request_route {
  if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
  if (has_totag()) {
    loose_route();
    t_relay();
    exit;
  }
  if (is_method("REGISTER")) {
    if (!pv_www_authenticate("${realm}", "${password}", "0") || $au != "${username}") {
      xlog("L_ALERT", "TEST REGISTER challenged $rU $ct\\n");
      www_challenge("${realm}", "1");
      exit;
    }
    if (!save("location")) { xlog("L_ALERT", "TEST REGISTER refused\\n"); exit; }
    xlog("L_ALERT", "TEST REGISTER 200 $tu from $proto $ct expires $hdr(Expires)\\n");
    exit;
  }
  if (is_method("INVITE")) {
    if (!pv_proxy_authenticate("${realm}", "${password}", "0") || $au != "${username}") {
      xlog("L_ALERT", "TEST INVITE challenged $ci\\n");
      proxy_challenge("${realm}", "1");
      exit;
    }
    consume_credentials();
    record_route();
    xlog("L_ALERT", "TEST INVITE relayed $ci\\n");
${carrier === undefined ? '    sl_send_reply("404", "Not Found");' : `    $du = "${carrier}";\n    t_relay();`}
    exit;
  }
  if (is_method("ACK")) { if (t_check_trans()) { t_relay(); } exit; }
  sl_send_reply("405", "Method Not Allowed");
}
event_route[core:worker-one-init] {
  xlog("L_ALERT", "TEST ready\\n");
}
`;
}

function tlsModule(dir: string): string {
  return `loadmodule "tls.so"
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "${dir}/tls.crt")
modparam("tls", "private_key", "${dir}/tls.key")`;
}
