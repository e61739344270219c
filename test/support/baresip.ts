/** A real SIP phone on loopback: it rings, shows who calls, and answers or declines when it is told to. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Child } from "../../src/local/process/child.ts";
import { freePort } from "../../src/local/process/free-port.ts";
import type { SipPhoneProgram } from "./fetch/sip-phone.ts";

const readyDeadlineMs = 10_000;

export interface PhoneOptions {
  /** User part of its address. */
  readonly user: string;
  /** Where it registers, for instance `127.0.0.1:5060;transport=tcp`; left out: nowhere. */
  readonly registrar?: string;
  readonly password?: string;
}

/** What the phone says happened, as baresip names it: `CALL_INCOMING`, `CALL_CLOSED`, `REGISTER_OK` … */
export interface PhoneEvent {
  readonly type: string;
  /** URI of the other side. */
  readonly peeruri?: string;
  /** Why a call ended. */
  readonly param?: string;
}

export interface Phone {
  /** Its SIP port, UDP and TCP. */
  readonly port: number;
  readonly events: readonly PhoneEvent[];
  /** Waits for an event of a type. @param count how many of them @throws after 8 s */
  event(type: string, count?: number): Promise<PhoneEvent>;
  answer(): void;
  decline(): void;
  stop(): Promise<void>;
}

export async function startPhone(program: SipPhoneProgram, options: PhoneOptions): Promise<Phone> {
  const dir = await mkdtemp(path.join(tmpdir(), "onering-phone-"));
  const port = await freePort("udp", "tcp");
  const next = await freePort("tcp");
  // baresip takes the port above its own for TLS, unasked.
  const control = next === port + 1 ? await freePort("tcp") : next;
  await writeFile(path.join(dir, "config"), configurationOf(program, port, control));
  await writeFile(path.join(dir, "accounts"), `${accountOf(options)}\n`);
  await writeFile(path.join(dir, "contacts"), "");
  const child = await Child.start("baresip", { ...program, args: [] }, ["-f", dir]);
  let socket: Socket | undefined;
  const events: PhoneEvent[] = [];
  const waiting = new Set<() => void>();
  const stop = async () => {
    socket?.destroy();
    await child.stop();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await child.waitUntil(
      async () => child.output.includes("baresip is ready"),
      readyDeadlineMs,
      async () => child.output.slice(-2000),
    );
    socket = await connected(control);
  } catch (error) {
    await stop();
    throw error;
  }
  readNetstrings(socket, (text) => {
    const message = JSON.parse(text) as PhoneEvent & { readonly event?: boolean };
    if (message.event !== true) return;
    events.push(message);
    for (const look of [...waiting]) look();
  });
  const command = (name: string) => {
    const text = JSON.stringify({ command: name });
    socket?.write(`${Buffer.byteLength(text)}:${text},`);
  };
  return {
    port,
    events,
    event: (type, count = 1) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`the phone had no ${type}, only ${events.map((one) => one.type).join(", ")}`));
        }, 8000);
        const look = () => {
          const found = events.filter((one) => one.type === type)[count - 1];
          if (found === undefined) return;
          clearTimeout(late);
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    answer: () => command("accept"),
    decline: () => command("hangup"),
    stop,
  };
}

function accountOf({ user, registrar, password }: PhoneOptions): string {
  const auth = password === undefined ? "" : `;auth_user=${user};auth_pass=${password}`;
  const host = registrar ?? "127.0.0.1";
  return `<sip:${user}@${host}>;regint=${registrar === undefined ? 0 : 60}${auth};answermode=manual;audio_codecs=pcma,pcmu`;
}

function configurationOf(program: SipPhoneProgram, port: number, control: number): string {
  return `module_path ${program.modules}
sip_listen 127.0.0.1:${port}
net_interface 127.0.0.1
ctrl_tcp_listen 127.0.0.1:${control}
module g711.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
`;
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => resolve(socket)).once("error", reject);
  });
}

/** `<length>:<text>,` after one another. */
function readNetstrings(socket: Socket, receive: (text: string) => void): void {
  let rest = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    rest += chunk;
    for (;;) {
      const colon = rest.indexOf(":");
      const length = Number(rest.slice(0, Math.max(colon, 0)));
      if (colon < 0 || rest.length < colon + length + 2) return;
      receive(rest.slice(colon + 1, colon + 1 + length));
      rest = rest.slice(colon + length + 2);
    }
  });
  socket.on("error", () => {});
}
