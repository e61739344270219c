/** A network as Redis keeps it: `<source> <ported: y, n or -> <code or -> <name>`, the name may be missing. */
import type { Network, NetworkSource } from "../numbers/networks/types.ts";

export function writeNetwork({ source, ported, mccMnc, name }: Network): string {
  return `${source} ${ported === null ? "-" : ported ? "y" : "n"} ${mccMnc ?? "-"} ${name ?? ""}`;
}

/** What `writeNetwork` wrote. */
export function readNetwork(text: string): Network {
  const [source = "", ported = "", code = "", ...name] = text.split(" ");
  return {
    source: source as NetworkSource,
    ported: ported === "-" ? null : ported === "y",
    mccMnc: code === "-" ? null : code,
    name: name.join(" ") || null,
  };
}
