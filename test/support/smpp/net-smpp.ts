/** The SMSC of smsc.pl, on Net::SMPP. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Program } from "../../../src/local/fetch/on-path.ts";

/** A PDU as Net::SMPP decoded it: octets of each field in hexadecimal, TLVs by number and by name. */
export interface SeenPdu {
  readonly command: string;
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
}

export interface NetSmpp {
  readonly port: number;
  readonly seen: readonly SeenPdu[];
  stop(): Promise<void>;
}

export async function startNetSmpp(
  perl: Program,
  options: {
    readonly systemId: string;
    readonly password: string;
    readonly receipts: "tlv" | "text";
    readonly ids: "same" | "response_hex";
  },
): Promise<NetSmpp> {
  const { systemId, password, receipts, ids } = options;
  const script = path.join(import.meta.dirname, "smsc.pl");
  const child = spawn(perl.command, [...perl.args, script, systemId, password, receipts, ids], {
    env: { ...process.env, ...perl.env },
    stdio: ["ignore", "pipe", "inherit"],
    // Its own group: a process for each connection ends with it.
    detached: true,
  });
  const exited = once(child, "exit");
  const seen: SeenPdu[] = [];
  const lines = createInterface({ input: child.stdout });
  const port = await new Promise<number>((resolve, reject) => {
    lines.on("line", (line) => {
      const read = JSON.parse(line) as SeenPdu | { readonly port: number };
      if ("port" in read) resolve(read.port);
      else seen.push(read);
    });
    child.once("exit", (code) => reject(new Error(`smsc.pl ended (${code})`)));
  });
  return {
    port,
    seen,
    async stop() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
      await exited;
    },
  };
}
