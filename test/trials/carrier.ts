/** A SIPp carrier that rings for most numbers, and does to the attacker's what a trial asks for. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type SippCarrier, startSipp } from "../support/sipp.ts";

/** To the attacker's numbers: a final response, 100 Trying and nothing else, or an answer at once. */
export type Bad = `${number} ${string}` | "100 only" | "answers";

/**
 * Numbers of the attacker: +4475… (a prefix each) and +44740002… (the prefix that the honest app calls too, +4474000).
 */
const attackers = "INVITE sip:.447(5|40002)";
const head = (tag: boolean) => `    [last_Via:]
    [last_From:]
    [last_To:]${tag ? ";tag=[call_number]" : ""}
    [last_Call-ID:]
    [last_CSeq:]`;
const contact = "    Contact: <sip:carrier@[local_ip]:[local_port];transport=[transport]>";
const send = (status: string, options: { tag?: boolean; body?: string; retrans?: boolean; next?: string } = {}) => {
  const { tag = true, body = "    Content-Length: 0\n", retrans = false, next } = options;
  const attributes = `${retrans ? ' retrans="500"' : ""}${next ? ` next="${next}"` : ""}`;
  return `  <send${attributes}><![CDATA[\n    SIP/2.0 ${status}\n${head(tag)}\n${contact}\n${body}\n  ]]></send>`;
};
const sdp = `    Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=carrier 1 1 IN IP4 [local_ip]
    s=-
    c=IN IP4 [media_ip]
    t=0 0
    m=audio [media_port] RTP/AVP 8
    a=rtpmap:8 PCMA/8000`;
const trying = send("100 Trying", { tag: false });
/** 200 to the CANCEL, and 487 with what the INVITE had. */
const canceled = `  <recv request="CANCEL"/>
${send("200 OK")}
  <send><![CDATA[
    SIP/2.0 487 Request Terminated
    Via: [$via]
    [last_From:]
    [last_To:];tag=[call_number]
    [last_Call-ID:]
    CSeq: [$cseq] INVITE
    Content-Length: 0

  ]]></send>
  <recv request="ACK" next="end"/>`;

function badSteps(bad: Bad): string {
  if (bad === "100 only") return `${trying}\n${canceled}`;
  if (bad !== "answers") return `${trying}\n${send(bad, { retrans: true })}\n  <recv request="ACK" next="end"/>`;
  return `${trying}
${send("200 OK", { body: sdp, retrans: true })}
  <recv request="ACK"/>
  <recv request="BYE"/>
${send("200 OK", { next: "end" })}`;
}

function scenarioXml(bad: Bad): string {
  return `<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="trial">
  <recv request="OPTIONS" optional="true" next="options"/>
  <recv request="INVITE" next="bad" test="bad">
    <action>
      <ereg regexp="[^ ].*" search_in="hdr" header="Via:" assign_to="via"/>
      <ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="cseq"/>
      <ereg regexp="${attackers}" search_in="msg" assign_to="bad,group"/>
    </action>
  </recv>
${trying}
${send("180 Ringing")}
${canceled}

  <label id="bad"/>
${badSteps(bad)}

  <label id="options"/>
${send("200 OK")}
  <label id="end"/>
  <Reference variables="group"/>
</scenario>
`;
}

export async function startCarrier(bad: Bad): Promise<SippCarrier> {
  const folder = await mkdtemp(path.join(tmpdir(), "onering-trial-"));
  const scenario = path.join(folder, "scenario.xml");
  await writeFile(scenario, scenarioXml(bad));
  return startSipp({ scenario, transport: "udp" });
}
