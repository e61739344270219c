import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Program } from "../fetch/on-path.ts";
import { asteriskConfigDir } from "../fetch/paths.ts";
import { findSounds } from "../fetch/sound-bundle.ts";
import { multiarch } from "../fetch/unpack.ts";
import { Child, type ChildExit } from "../process/child.ts";
import { freePort } from "../process/free-port.ts";
import { runCommand } from "../process/run-command.ts";
import { answersAri, isFullyBooted } from "./asterisk-probe.ts";
import { dataDirWith } from "./data-dir.ts";
import { renderConfig } from "./render-config.ts";
import type { AsteriskTrunk } from "./trunk.ts";

export type { AsteriskTrunk } from "./trunk.ts";

const READY_DEADLINE_MS = 20_000;
const CLI_DEADLINE_MS = 5000;
const USER = "onering";
const LOOPBACK = "127.0.0.1/255.255.255.255";

export interface AsteriskOptions {
  /** Ports on 127.0.0.1; free ones where not given. `sip` is UDP and TCP, as far as trunks use them; `sipTls` is TLS. */
  ports?: { http?: number; ami?: number; sip?: number; sipTls?: number };
  trunks: readonly AsteriskTrunk[];
  /** PEM files for trunks over TLS: the authorities that may sign the carrier's certificate, and one of our own. */
  tls?: { caFile: string; certFile?: string; keyFile?: string };
  /** For trunks that sign the caller ID. */
  stirShaken?: { keyFile: string; certUrl: string; attestation: "A" | "B" | "C" };
  /** Stasis applications that are notified of inbound calls, one for each gateway on ARI; default none. */
  inboundApps?: readonly string[];
  /** UDP port on 127.0.0.1 that gets a copy of each SIP message (HEPv3); without it there is no capture. */
  hepPort?: number;
  /** What those copies carry as `capture_password`. */
  hepPassword?: string;
  /** Lets AMI place calls and receive their events: the start of their channels' ids. Without it AMI watches trunks only. */
  amiCallsApp?: string;
  /** Folder of sounds, with a folder for each language; null: the program's own. Default: what `npm run runtime` made. */
  sounds?: string | null;
  /** How long it may take to come up; milliseconds, default 20 000 (0.3 s is usual on a 2-core machine). */
  readyDeadlineMs?: number;
}

/** A private Asterisk on loopback. */
export interface AsteriskServer {
  readonly ports: { http: number; ami: number; sip: number; sipTls: number };
  readonly ari: { url: string; user: string; password: string };
  readonly ami: { host: string; port: number; user: string; password: string };
  readonly pid: number;
  /** Private folder with its rendered configuration (etc) and log (log/messages.log). */
  readonly dir: string;
  /** Calls `listener` when it ends, once for each start, with the end of what it printed. */
  onExit(listener: (exit: ChildExit, output: string) => void): void;
  /** Ends it (calls are canceled) and removes its folder. */
  stop(): Promise<void>;
  /** Ends it as a crash would: no CANCEL goes out. restart() brings it back. */
  kill(): Promise<void>;
  /** Ends it if it runs, and starts it again with the same ports and passwords. */
  restart(): Promise<void>;
  /** Runs a command of Asterisk's own command line, e.g. "pjsip show contacts". @returns what it printed */
  cli(command: string): Promise<string>;
}

/**
 * Starts Asterisk with the shipped configuration in a private temporary folder, with random passwords, on loopback,
 * and waits until ARI and AMI answer.
 * @throws with the end of its log when they do not in time
 */
export async function startAsterisk(program: Program, options: AsteriskOptions): Promise<AsteriskServer> {
  const ports = {
    http: options.ports?.http ?? (await freePort("tcp")),
    ami: options.ports?.ami ?? (await freePort("tcp")),
    sip: options.ports?.sip ?? (await freePort("udp", "tcp")),
    sipTls: options.ports?.sipTls ?? (await freePort("tcp")),
  };
  const ari = { url: `http://127.0.0.1:${ports.http}`, user: USER, password: randomBytes(24).toString("base64url") };
  const ami = { host: "127.0.0.1", port: ports.ami, user: USER, password: randomBytes(24).toString("base64url") };
  const dir = await mkdtemp(path.join(tmpdir(), "onering-asterisk-"));
  const folders = { etc: path.join(dir, "etc"), log: path.join(dir, "log"), run: path.join(dir, "run") };
  for (const folder of Object.values(folders)) await mkdir(folder);
  const ownData = program.root && path.join(program.root, "usr/share/asterisk");
  const sounds = options.sounds === undefined ? await findSounds() : options.sounds;
  const values = {
    ETC_DIR: folders.etc,
    LOG_DIR: folders.log,
    RUN_DIR: folders.run,
    STATE_DIR: dir,
    MODULE_DIR: program.root && path.join(program.root, "usr/lib", multiarch(), "asterisk/modules"),
    DATA_DIR: await dataDirWith(ownData, sounds, path.join(dir, "data")),
    HTTP_BIND: "127.0.0.1",
    HTTP_PORT: String(ports.http),
    ARI_PERMIT: LOOPBACK,
    ARI_USER: ari.user,
    ARI_PASSWORD: ari.password,
    AMI_BIND: "127.0.0.1",
    AMI_PORT: String(ports.ami),
    AMI_USER: ami.user,
    AMI_PASSWORD: ami.password,
    AMI_PERMIT: LOOPBACK,
    AMI_CALLS_APP: options.amiCallsApp ?? "",
    WITHOUT_AMI_CALLS: options.amiCallsApp ? "" : "used",
    AMI_READ: options.amiCallsApp ? "system,user,call" : "system,user",
    AMI_WRITE: options.amiCallsApp ? "system,reporting,originate" : "system,reporting",
    SIP_BIND: "127.0.0.1",
    SIP_PORT: String(ports.sip),
    SIP_EXTERNAL_ADDRESS: "",
    SIP_TLS_PORT: String(ports.sipTls),
    SIP_TLS_METHOD: "tlsv1_2",
    SIP_TLS_CA_FILE: options.tls?.caFile ?? "",
    SIP_TLS_CERT_FILE: options.tls?.certFile ?? "",
    SIP_TLS_KEY_FILE: options.tls?.keyFile ?? "",
    STIR_KEY_FILE: options.stirShaken?.keyFile ?? "",
    STIR_CERT_URL: options.stirShaken?.certUrl ?? "",
    STIR_ATTESTATION: options.stirShaken?.attestation ?? "",
    RTP_START: "10000",
    RTP_END: "19999",
    HEP_MODULE: options.hepPort ? "res_hep" : "",
    HEP_ADDRESS: options.hepPort ? `127.0.0.1:${options.hepPort}` : "",
    HEP_PASSWORD: options.hepPassword ?? "",
    EVENT_SECRET: randomBytes(24).toString("base64url"),
  };
  await renderConfig(asteriskConfigDir, folders.etc, values, options.trunks, options.inboundApps ?? []);

  const configFile = path.join(folders.etc, "asterisk.conf");
  const logTail = async () => {
    const log = await readFile(path.join(folders.log, "messages.log"), "utf8").catch(() => "");
    return `${child.output.slice(-2000)}\n${log.slice(-2000)}`.trim();
  };
  const exitListeners: ((exit: ChildExit, output: string) => void)[] = [];
  const start = async (): Promise<Child> => {
    const started = await Child.start("Asterisk", program, ["-f", "-C", configFile], { cwd: dir });
    started.onExit((exit) => {
      for (const listener of exitListeners) listener(exit, started.output);
    });
    return started;
  };
  const waitUntilReady = async () => {
    const ready = async () => (await answersAri(ari)) && (await isFullyBooted(ami));
    await child.waitUntil(ready, options.readyDeadlineMs ?? READY_DEADLINE_MS, logTail);
  };
  const remove = () => rm(dir, { recursive: true, force: true });

  let child = await start();
  try {
    await waitUntilReady();
  } catch (error) {
    await child.kill();
    await remove();
    throw error;
  }
  return {
    ports,
    ari,
    ami,
    dir,
    get pid() {
      return child.pid;
    },
    onExit: (listener) => void exitListeners.push(listener),
    async stop() {
      await child.stop();
      await remove();
    },
    async kill() {
      await child.kill();
    },
    async restart() {
      await child.stop();
      child = await start();
      await waitUntilReady();
    },
    async cli(command) {
      const args = [...program.args, "-C", configFile, "-rx", command];
      const options = { deadlineMs: CLI_DEADLINE_MS, env: { ...process.env, ...program.env } };
      return (await runCommand(program.command, args, options)).output;
    },
  };
}
