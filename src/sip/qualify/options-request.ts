/** The OPTIONS that asks whether a far end is there (RFC 3261 section 11.1). */
import type { Random } from "../../shared/random.ts";
import type { HeaderLine, OutgoingRequest } from "../transaction/port.ts";
import type { Flow } from "../transport/port.ts";
import type { Qualified } from "./port.ts";

/** A far end that needs longer for OPTIONS rings no phone in time either. */
export const optionsAnswerMs = 4_000;

export interface OptionsParts {
  readonly qualified: Pick<Qualified, "uri" | "from" | "headers">;
  readonly random: Pick<Random, "bytes">;
  readonly userAgent: string;
  /** Host part of our Call-IDs. */
  readonly host: string;
}

export function optionsRequest({ qualified, random, userAgent, host }: OptionsParts, flow: Flow): OutgoingRequest {
  const headers: HeaderLine[] = [
    ["From", `<${qualified.from}>;tag=${random.bytes(8).toString("hex")}`],
    ["To", `<${qualified.uri}>`],
    ["Call-ID", `${random.bytes(16).toString("hex")}@${host}`],
    ["CSeq", "1 OPTIONS"],
    ["Contact", flow.protocol === "udp" ? `<sip:${flow.sentBy}>` : `<sip:${flow.sentBy};transport=${flow.protocol}>`],
    ["Accept", "application/sdp"],
    ["User-Agent", userAgent],
    ...(qualified.headers ?? []),
  ];
  return { method: "OPTIONS", uri: qualified.uri, headers };
}
