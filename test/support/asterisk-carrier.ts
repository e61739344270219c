/**
 * An Asterisk as the carrier: every callee rings until the call ends. It was not written for us, and repeats what is lost; its
 * 180 too, where the INVITE offers 100rel.
 */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { ariRequest } from "./ari-request.ts";
import type { Runtime } from "./processes.ts";

export interface AsteriskCarrier {
  /** UDP and TCP. */
  readonly port: number;
  /** The numbers that rang so far, once for each time, with the caller ID that was shown. */
  rang(): Promise<readonly { readonly callee: string; readonly callerId: string }[]>;
  /** How many phones ring now. */
  ringing(): Promise<number>;
}

const value = (name: string) => `\${${name}}`;

export async function startAsteriskCarrier(runtime: Runtime, transport: "udp" | "tcp"): Promise<AsteriskCarrier> {
  const asterisk = await runtime.asterisk({
    trunks: [{ name: "gateway", host: "127.0.0.1", port: 9, transport, qualifySeconds: 0, inbound: {} }],
  });
  const etc = path.join(asterisk.dir, "etc");
  const dialplan = [
    "[onering-inbound]",
    `exten = _[+0-9]!,1,Log(NOTICE,RANG ${value("EXTEN")} ${value("CALLERID(num)")})`,
    "same = n,Ringing()",
    "same = n,Wait(120)",
    "",
  ];
  await writeFile(path.join(etc, "extensions.conf"), dialplan.join("\n"));
  const trunk = path.join(etc, "trunks.d/gateway.conf");
  await writeFile(trunk, (await readFile(trunk, "utf8")).replace("100rel = no", "100rel = peer_supported"));
  const modules = path.join(etc, "modules.conf");
  await writeFile(modules, `${await readFile(modules, "utf8")}\nrequire = app_verbose.so\nload = func_callerid.so\n`);
  await asterisk.restart();
  return {
    port: asterisk.ports.sip,
    async rang() {
      const log = await readFile(path.join(asterisk.dir, "log/messages.log"), "utf8");
      return [...log.matchAll(/ RANG (\S+) (\S+)/g)].map(([, callee = "", callerId = ""]) => ({ callee, callerId }));
    },
    async ringing() {
      const { body } = await ariRequest(asterisk, "GET", "/channels");
      return (body as unknown[]).length;
    },
  };
}
