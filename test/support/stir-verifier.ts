/** An Asterisk that verifies PASSporTs (res_stir_shaken), as a carrier would. */
import { createSocket, type Socket } from "node:dgram";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { vi } from "vitest";
import type { AsteriskServer } from "../../src/local/asterisk/asterisk.ts";
import type { Runtime } from "./processes.ts";

export interface StirVerifier {
  /** Where it finds a certificate: the `x5u` for this path. */
  readonly certificateUrl: (name: string) => string;
  publish(name: string, pem: string): void;
  /**
   * Sends an INVITE over UDP, and waits for its end.
   * @returns Asterisk's `verify_result` with the attestation, such as `success A` or `signature_validation`
   */
  invite(headers: readonly (readonly [name: string, value: string])[], uri: string): Promise<string>;
  stop(): Promise<void>;
}

const finalDeadlineMs = 5000;
/** How a dialplan writes the value of a variable or function. */
const dialplanValue = (name: string) => `\${${name}}`;

/** @param caFile authorities whose certificates it accepts */
export async function startStirVerifier(runtime: Runtime, caFile: string): Promise<StirVerifier> {
  const published = new Map<string, string>();
  const server = createServer((request, response) => {
    const pem = published.get(request.url ?? "");
    response.writeHead(pem === undefined ? 404 : 200, { "content-type": "application/pem-certificate-chain" }).end(pem);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const asterisk = await runtime.asterisk({
    trunks: [
      {
        ...{ name: "gateway", host: "127.0.0.1", port: 9, transport: "udp", qualifySeconds: 0, inbound: {} },
        stirShaken: true,
      },
    ],
    stirShaken: { keyFile: "/dev/null", certUrl: "https://unused.example/a.pem", attestation: "C" },
  });
  await configure(asterisk, caFile);
  await asterisk.restart();
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  let sent = 0;
  return {
    certificateUrl: (name) => `http://127.0.0.1:${port}/${name}`,
    publish: (name, pem) => void published.set(`/${name}`, pem),
    async invite(headers, uri) {
      sent += 1;
      const own = `127.0.0.1:${socket.address().port}`;
      const callId = `verify-${sent}`;
      const text = [
        `INVITE ${uri} SIP/2.0`,
        `Via: SIP/2.0/UDP ${own};branch=z9hG4bK${callId};rport`,
        "Max-Forwards: 70",
        ...headers.map(([name, value]) => `${name}: ${value}${name === "From" ? `;tag=${callId}` : ""}`),
        `Call-ID: ${callId}`,
        "CSeq: 1 INVITE",
        `Contact: <sip:onering@${own}>`,
        "Content-Type: application/sdp",
      ].join("\r\n");
      const sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n";
      const final = finalResponse(socket, callId);
      socket.send(`${text}\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`, asterisk.ports.sip, "127.0.0.1");
      const to = /^To: .*$/m.exec(await final)?.[0].trim() ?? "";
      const kept = text.split("\r\n").filter((line) => !/^(To|Identity|Date|Content-Type|Contact):/.test(line));
      const ack = [...kept.map((line) => line.replace("INVITE", "ACK")), to, "Content-Length: 0"].join("\r\n");
      socket.send(`${ack}\r\n\r\n`, asterisk.ports.sip, "127.0.0.1");
      return await vi.waitFor(() => loggedResult(asterisk, callId), finalDeadlineMs);
    },
    async stop() {
      socket.close();
      server.close();
    },
  };
}

/**
 * Asterisk hands a line to its logger's thread before it hangs up; the file may have it after the response.
 * @throws while the file does not have the result
 */
async function loggedResult(asterisk: AsteriskServer, callId: string): Promise<string> {
  const log = await readFile(path.join(asterisk.dir, "log/messages.log"), "utf8");
  const results = [...log.matchAll(/ RESULT of (\S+): (.*)\n/g)];
  const result = results.find(([, id]) => id === callId)?.[2]?.trim();
  if (result === undefined) throw new Error(`Asterisk has logged no result of ${callId}`);
  return result;
}

function finalResponse(socket: Socket, callId: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      socket.off("message", receive);
    };
    const receive = (datagram: Buffer) => {
      const response = datagram.toString("latin1");
      if (!response.includes(`Call-ID: ${callId}\r\n`) || /^SIP\/2\.0 1/.test(response)) return;
      stop();
      resolve(response);
    };
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`Asterisk did not answer ${callId} within ${finalDeadlineMs} ms`));
    }, finalDeadlineMs);
    socket.on("message", receive);
  });
}

/** The shipped configuration signs and never verifies; this one verifies alone. */
async function configure(asterisk: AsteriskServer, caFile: string): Promise<void> {
  const etc = path.join(asterisk.dir, "etc");
  const cache = path.join(asterisk.dir, "run");
  await writeFile(
    path.join(etc, "stir_shaken.conf"),
    [
      ...["[verification]", `ca_file = ${caFile}`, `cert_cache_dir = ${cache}`, "failure_action = continue"],
      // The certificate is on loopback; a carrier's Asterisk insists on https.
      ...["relax_x5u_port_scheme_restrictions = yes", "x5u_deny = 0.0.0.0/0.0.0.0", "x5u_permit = 127.0.0.0/8"],
      ...["[onering-attest]", "type = profile", "endpoint_behavior = verify", ""],
    ].join("\n"),
  );
  await writeFile(
    path.join(etc, "extensions.conf"),
    [
      "[onering-inbound]",
      `exten = _[+0-9]!,1,Set(RESULT=${dialplanValue("STIR_SHAKEN(0,verify_result)")} ${dialplanValue("STIR_SHAKEN(0,attestation)")})`,
      `same = n,Log(NOTICE,RESULT of ${dialplanValue("CHANNEL(pjsip,call-id)")}: ${dialplanValue("RESULT")})`,
      "same = n,Hangup(17)",
      "",
    ].join("\n"),
  );
  const modules = path.join(etc, "modules.conf");
  await writeFile(modules, `${await readFile(modules, "utf8")}\nrequire = app_verbose.so\nrequire = func_channel.so\n`);
}
