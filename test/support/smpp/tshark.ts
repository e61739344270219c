/** PDUs of a capture as tshark's SMPP dissector reads them. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { Program } from "../../../src/local/fetch/on-path.ts";

/** By field, without the prefix `smpp.`: what tshark shows. TLVs: by tag as tshark writes it, the octets in hexadecimal. */
export interface DissectedPdu {
  readonly shown: Readonly<Record<string, string>>;
  readonly tlvs: Readonly<Record<string, string>>;
  /** Octets of the text, in hexadecimal. */
  readonly message: string;
}

const deadlineMs = 60_000;

export async function dissect(tshark: Program, pcap: Buffer): Promise<DissectedPdu[]> {
  const dir = await mkdtemp(path.join(tmpdir(), "onering-pcap-"));
  try {
    const file = path.join(dir, "smpp.pcap");
    await writeFile(file, pcap);
    const { stdout } = await promisify(execFile)(tshark.command, ["-r", file, "-T", "pdml"], {
      env: { ...process.env, ...tshark.env },
      timeout: deadlineMs,
      maxBuffer: 50e6,
    });
    if (/_ws\.malformed|_ws\.expert\.severity" [^>]*show="(0x00800000|8388608)"/.test(stdout)) {
      throw new Error("tshark says that a packet is malformed");
    }
    return [...stdout.matchAll(/<proto name="smpp".*?<\/proto>/gs)].map(([xml]) => readPdu(xml));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function readPdu(xml: string): DissectedPdu {
  const shown: Record<string, string> = {};
  const tlvs: Record<string, string> = {};
  let message = "";
  let tag: string | null = null;
  for (const [, name = "", show = "", value = ""] of xml.matchAll(
    /<field name="smpp\.([a-z_.]+)"[^>]*? show="([^"]*)"(?: value="([^"]*)")?/g,
  )) {
    if (name === "opt_param_tag") tag = show;
    else if (tag !== null && name !== "opt_param_len" && name !== "opt_param" && name !== "message_text") {
      tlvs[tag] = value;
      tag = null;
    } else if (name === "message") message = value;
    else shown[name] = unescapeXml(show);
  }
  return { shown, tlvs, message };
}

function unescapeXml(text: string): string {
  return text.replace(
    /&(lt|gt|quot|apos|amp|#x27);/g,
    (entity) =>
      ({ "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&#x27;": "'", "&amp;": "&" })[entity] ?? entity,
  );
}
