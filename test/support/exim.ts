/** A private Exim on loopback that delivers into a Maildir: a real mail server, without root and without a queue elsewhere. */
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Child } from "../../src/local/process/child.ts";
import { freePort } from "../../src/local/process/free-port.ts";
import type { Certificate } from "./certificates.ts";
import type { MailPrograms } from "./fetch/mail-programs.ts";

const readyDeadlineMs = 10_000;
/** Exim refuses to run as root: as root it gets this user. */
const nobody = 65_534;

export interface EximOptions {
  readonly domain: string;
  readonly login: { readonly user: string; readonly password: string };
  readonly certificate: Certificate;
}

export interface Exim {
  readonly port: number;
  /** Messages in the Maildir, oldest first. */
  messages(): Promise<Buffer[]>;
  /** Whether it has received a message that it has not answered yet. */
  isReceiving(): Promise<boolean>;
  /** What it logged. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * It takes mail for `domain` after STARTTLS and AUTH; `nobody@` has no mailbox, `later@` is greylisted, `full@` is over
 * quota; a message with "spam" in its subject is refused after DATA, one with "slow" is answered after 2 s.
 */
export async function startExim({ exim }: MailPrograms, options: EximOptions): Promise<Exim> {
  const dir = await mkdtemp(path.join(tmpdir(), "onering-exim-"));
  const port = await freePort("tcp");
  const uid = process.getuid?.() || nobody;
  const gid = process.getuid?.() ? (process.getgid?.() ?? nobody) : nobody;
  for (const folder of ["spool", "log", "mail"]) await mkdir(path.join(dir, folder));
  const [passwd, group, config] = ["passwd", "group", "exim.conf"].map((name) => path.join(dir, name));
  await writeFile(passwd ?? "", `root:x:0:0::/:/bin/false\nDebian-exim:x:${uid}:${gid}::/:/bin/false\n`);
  await writeFile(group ?? "", `root:x:0:\nDebian-exim:x:${gid}:\n`);
  const [certFile, keyFile] = [path.join(dir, "tls.crt"), path.join(dir, "tls.key")];
  await writeFile(certFile, await readFile(options.certificate.certFile));
  await writeFile(keyFile, await readFile(options.certificate.keyFile));
  await writeFile(config ?? "", configuration({ ...options, dir, port, command: exim.command, certFile, keyFile }));
  await chmod(config ?? "", 0o644);
  if (process.getuid?.() === 0) {
    for (const name of ["", "spool", "log", "mail", "tls.crt", "tls.key"]) await chown(path.join(dir, name), uid, gid);
  }
  const env = { ...exim.env, NSS_WRAPPER_PASSWD: passwd ?? "", NSS_WRAPPER_GROUP: group ?? "" };
  const child = await Child.start("exim", { command: exim.command, args: [], env }, ["-C", config ?? "", "-bdf"]);
  const log = async () => {
    const names = await readdir(path.join(dir, "log")).catch(() => []);
    const texts = await Promise.all(names.map((name) => readFile(path.join(dir, "log", name), "utf8")));
    return texts.join("");
  };
  const stop = async () => {
    await child.stop();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await child.waitUntil(
      () => greets(port),
      readyDeadlineMs,
      async () => `${child.output}\n${await log()}`.slice(-3000),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    log,
    stop,
    async isReceiving() {
      const folder = path.join(dir, "spool/input");
      const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith("-D"));
      const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(folder, name))).size));
      return sizes.some((bytes) => bytes > 100);
    },
    async messages() {
      const folder = path.join(dir, "mail/new");
      const files = (await readdir(folder).catch(() => [])).map((name) => path.join(folder, name));
      const read = files.map(async (file) => ({ atMs: (await stat(file)).mtimeMs, raw: await readFile(file) }));
      return (await Promise.all(read)).sort((one, other) => one.atMs - other.atMs).map(({ raw }) => raw);
    },
  };
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    const settle = (greeted: boolean) => {
      socket.destroy();
      resolve(greeted);
    };
    socket.once("error", () => settle(false));
    socket.once("close", () => settle(false));
    socket.once("data", (data) => settle(data.toString().startsWith("220 ")));
    socket.setTimeout(1000, () => settle(false));
  });
}

interface Settings extends EximOptions {
  readonly dir: string;
  readonly port: number;
  readonly command: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Exim 4.94 and newer taints what comes from outside: the Maildir's path is fixed. */
function configuration({ dir, port, command, domain, login, certFile, keyFile }: Settings): string {
  return `
exim_path = ${command}
keep_environment = LD_LIBRARY_PATH : LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
primary_hostname = mx.${domain}
spool_directory = ${dir}/spool
log_file_path = ${dir}/log/%slog
pid_file_path = ${dir}/spool/exim.pid
deliver_drop_privilege = true
disable_ipv6 = true
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
domainlist local_domains = ${domain}
host_lookup =
rfc1413_query_timeout = 0s
dkim_verify_signers =
smtp_accept_max = 50
smtp_accept_queue = 0
smtp_accept_queue_per_connection = 0
tls_advertise_hosts = *
tls_certificate = ${certFile}
tls_privatekey = ${keyFile}
auth_advertise_hosts = \${if eq{$tls_in_cipher}{}{}{*}}
log_selector = +smtp_protocol_error +smtp_syntax_error +tls_cipher
acl_smtp_rcpt = check_rcpt
acl_smtp_data = check_data

begin acl
check_rcpt:
  deny    message = 530 5.7.0 authentication required
          !authenticated = *
  deny    message = 550 5.1.1 no such mailbox
          local_parts = nobody
  defer   message = 451 4.7.1 greylisted, try again in 300 seconds
          local_parts = later
  deny    message = 552 5.2.2 mailbox full
          local_parts = full
  accept  domains = +local_domains
  deny    message = 550 5.7.1 relaying denied

check_data:
  warn    condition = \${if match{$h_subject:}{slow}}
          delay = 2s
  deny    message = 554 5.7.1 looks like spam
          condition = \${if match{$h_subject:}{spam}}
  accept

begin routers
mailbox:
  driver = accept
  domains = +local_domains
  transport = maildir

begin transports
maildir:
  driver = appendfile
  directory = ${dir}/mail
  maildir_format
  create_directory
  envelope_to_add
  return_path_add

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = \${if and{{eq{$auth2}{${login.user}}}{eq{$auth3}{${login.password}}}}}
  server_set_id = $auth2
`;
}
