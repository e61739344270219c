/** SIPp scenarios of one call each, built from steps, for whatever the fixed ones beside this file do not do. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll } from "vitest";

/** What the carrier does after an INVITE, in order. OPTIONS is answered 200 in every scenario. */
export type Step =
  /** Sends a response to the INVITE; `headers` are whole header lines. */
  | {
      readonly send: string;
      readonly sdp?: boolean;
      /** With SDP whose media goes to this UDP port of 127.0.0.1, keys as telephone events of payload type 101. */
      readonly mediaPort?: number;
      readonly headers?: readonly string[];
    }
  | { readonly pauseMs: number }
  /** Waits for ACK. */
  | "ack"
  /** Waits for another INVITE of the call: that which answers a challenge. */
  | "invite"
  /** Waits for BYE and answers 200. */
  | "bye"
  /** Sends BYE and waits for its 200. */
  | "hang up"
  /** Waits for CANCEL, answers 200 to it and 487 to the INVITE, waits for ACK. */
  | "canceled"
  /** Waits for CANCEL and answers 200 to it, but 487 to the INVITE never comes. */
  | "canceled without 487"
  /** Waits for CANCEL, which the answer crosses on the wire: 200 to the INVITE all the same, waits for ACK. */
  | "crossed";

const head = `    [last_Via:]
    [last_From:]
    [last_To:];tag=[call_number]
    [last_Call-ID:]
    [last_CSeq:]`;

const sdp = `    Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=carrier 1 1 IN IP4 [local_ip]
    s=-
    c=IN IP4 [media_ip]
    t=0 0
    m=audio [media_port] RTP/AVP 8
    a=rtpmap:8 PCMA/8000`;

const sdpTo = (port: number) => `    Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=carrier 1 1 IN IP4 127.0.0.1
    s=-
    c=IN IP4 127.0.0.1
    t=0 0
    m=audio ${port} RTP/AVP 8 101
    a=rtpmap:8 PCMA/8000
    a=rtpmap:101 telephone-event/8000
    a=fmtp:101 0-15
    a=ptime:20`;

/** In the dialog that the INVITE opened, from its other side. */
const bye = `  <send retrans="500"><![CDATA[
    BYE [$contact] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: [$to];tag=[call_number]
    To: [$from]
    Call-ID: [call_id]
    CSeq: 1 BYE
    Max-Forwards: 70
    Content-Length: 0

  ]]></send>
  <recv response="200"/>`;

const ok = `  <send><![CDATA[
    SIP/2.0 200 OK
${head}
    Content-Length: 0

  ]]></send>`;

/** A 200 to the INVITE while the last request was CANCEL. */
const answeredAllTheSame = `  <send retrans="500"><![CDATA[
    SIP/2.0 200 OK
    Via: [$via]
    [last_From:]
    [last_To:];tag=[call_number]
    [last_Call-ID:]
    CSeq: [$cseq] INVITE
    Contact: <sip:carrier@[local_ip]:[local_port];transport=[transport]>
${sdp}
  ]]></send>`;

/** Says the INVITE's own Via, CSeq and tags again, whatever request came last. */
const terminated = `  <send><![CDATA[
    SIP/2.0 487 Request Terminated
    Via: [$via]
    [last_From:]
    [last_To:];tag=[call_number]
    [last_Call-ID:]
    CSeq: [$cseq] INVITE
    Content-Length: 0

  ]]></send>`;

function xmlOf(step: Step): string {
  if (step === "invite") return `  <recv request="INVITE"/>`;
  if (step === "ack") return `  <recv request="ACK"/>`;
  if (step === "bye") return `  <recv request="BYE"/>\n${ok}`;
  if (step === "canceled") return `  <recv request="CANCEL"/>\n${ok}\n${terminated}\n  <recv request="ACK"/>`;
  if (step === "hang up") return bye;
  if (step === "canceled without 487") return `  <recv request="CANCEL"/>\n${ok}\n  <pause milliseconds="8000"/>`;
  if (step === "crossed") return `  <recv request="CANCEL"/>\n${ok}\n${answeredAllTheSame}\n  <recv request="ACK"/>`;
  if ("pauseMs" in step) return `  <pause milliseconds="${step.pauseMs}"/>`;
  const final = Number(step.send.slice(0, 3)) >= 200;
  const headers = (step.headers ?? []).map((line) => `\n    ${line}`).join("");
  const contact = `\n    Contact: <sip:carrier@[local_ip]:[local_port];transport=[transport]>`;
  // A redirection brings its own Contact.
  const lines = `${head}${step.send.startsWith("3") ? "" : contact}${headers}`;
  return `  <send${final ? ' retrans="500"' : ""}><![CDATA[
    SIP/2.0 ${step.send}
${lines}
${bodyOf(step)}
  ]]></send>`;
}

function bodyOf({ sdp: withSdp, mediaPort }: Extract<Step, { send: string }>): string {
  if (mediaPort !== undefined) return sdpTo(mediaPort);
  return withSdp ? sdp : "    Content-Length: 0\n";
}

/** The scenario's XML. */
export function scenarioXml(steps: readonly Step[]): string {
  return `<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="steps">
  <recv request="OPTIONS" optional="true" next="options"/>
  <recv request="INVITE">
    <action>
      <ereg regexp="[^ ].*" search_in="hdr" header="Via:" assign_to="via"/>
      <ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="cseq"/>
      <ereg regexp="&lt;sip.*" search_in="hdr" header="From:" assign_to="from"/>
      <ereg regexp="&lt;sip.*" search_in="hdr" header="To:" assign_to="to"/>
      <ereg regexp="sip:[^>]*" search_in="hdr" header="Contact:" assign_to="contact"/>
      <log message="[$via] [$cseq] [$from] [$to] [$contact]"/>
    </action>
  </recv>
${steps.map(xmlOf).join("\n")}
  <nop next="end"/>
  <label id="options"/>
${ok}
  <label id="end"/>
</scenario>
`;
}

/** Call it at the top of a test file. @returns writes a scenario, and gives its path for `startSipp` */
export function withScenarios(): (steps: readonly Step[]) => Promise<string> {
  let dir: string | null = null;
  let written = 0;
  afterAll(async () => {
    if (dir !== null) await rm(dir, { recursive: true, force: true });
  });
  return async (steps) => {
    dir ??= await mkdtemp(path.join(tmpdir(), "onering-scenarios-"));
    written += 1;
    const file = path.join(dir, `${written}.xml`);
    await writeFile(file, scenarioXml(steps));
    return file;
  };
}
