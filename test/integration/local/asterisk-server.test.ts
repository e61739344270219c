import { createSocket } from "node:dgram";
import { readFile, stat } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import { expect, test } from "vitest";
import { freePort } from "../../../src/local/process/free-port.ts";
import { ariRequest } from "../../support/ari-request.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
const TRUNK = { name: "carrier", host: "127.0.0.1", port: 9, transport: "udp" } as const;

/** Sends text to a TCP port and returns all that comes back until `until` is seen. */
function talk(port: number, text: string, until: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.setTimeout(5000, () => socket.destroy(new Error(`"${until}" did not come; got: ${received}`)));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error(`closed; got: ${received}`)));
    socket.on("data", (data) => {
      received += data.toString();
      if (!received.includes(until)) return;
      socket.destroy();
      resolve(received);
    });
  });
}

/** Logs in to AMI, runs one action and returns what was answered. */
function ami(
  server: { port: number; user: string; password: string },
  action: string,
  until = "ActionID: asked\r\n",
): Promise<string> {
  const login = `Action: Login\r\nUsername: ${server.user}\r\nSecret: ${server.password}\r\nEvents: off\r\n\r\n`;
  return talk(server.port, `${login}Action: ${action}\r\nActionID: asked\r\n\r\n`, until);
}

test("all modules load and nothing is wrong in the log; the capture as well", async () => {
  const asterisk = await runtime.asterisk({ trunks: [{ ...TRUNK, inbound: {} }], hepPort: await freePort("udp") });
  const log = await readFile(path.join(asterisk.dir, "log/messages.log"), "utf8");
  expect(log.split("\n").filter((line) => /WARNING|ERROR/.test(line))).toEqual([]);
  const listed = await readFile(path.join(asterisk.dir, "etc/modules.conf"), "utf8");
  const wanted = [...listed.matchAll(/^(?:load|require) = (\S+)/gm)].map((match) => match[1] ?? "");
  const { body } = await ariRequest(asterisk, "GET", "/asterisk/modules");
  const running = (body as { name: string; status: string }[]).filter((module) => module.status === "Running");
  expect(wanted.length).toBeGreaterThan(30);
  expect(running.map((module) => module.name)).toEqual(expect.arrayContaining(wanted));
});

test("serves the API description that ari-client reads", async () => {
  const asterisk = await runtime.asterisk({ trunks: [TRUNK] });
  const { status, body } = await ariRequest(asterisk, "GET", "/api-docs/resources.json");
  expect(status).toBe(200);
  for (const api of (body as { apis: { path: string }[] }).apis) {
    const file = api.path.replace("{format}", "json");
    // Modules that are not loaded are described all the same.
    expect((await ariRequest(asterisk, "GET", file)).status, file).toBe(200);
  }
});

test("restarts on the same ports with the same passwords, after a stop and after a crash", async () => {
  const asterisk = await runtime.asterisk({ trunks: [TRUNK] });
  const { ports, pid } = asterisk;
  const ends: number[] = [];
  asterisk.onExit(() => ends.push(1));
  await asterisk.restart();
  expect(asterisk.pid).not.toBe(pid);
  expect((await ariRequest(asterisk, "GET", "/asterisk/info")).status).toBe(200);
  await asterisk.kill();
  await expect(ariRequest(asterisk, "GET", "/asterisk/info")).rejects.toThrow();
  await asterisk.restart();
  expect((await ariRequest(asterisk, "GET", "/asterisk/info")).status).toBe(200);
  expect(asterisk.ports).toEqual(ports);
  expect(ends).toHaveLength(2);
});

test("AMI shows contacts and refuses calls, commands and changes of the configuration", async () => {
  const asterisk = await runtime.asterisk({ trunks: [TRUNK] });
  // Not PJSIPShowContacts: that lists what registered with us, never the fixed contact of a trunk.
  const contact = () => ami(asterisk.ami, "PJSIPShowEndpoint\r\nEndpoint: carrier", "EndpointDetailComplete");
  await expect.poll(contact, { timeout: 5000 }).toContain("Event: ContactStatusDetail");
  expect(await ami(asterisk.ami, "PJSIPShowRegistrationsOutbound")).toContain("ActionID: asked");
  const call = "Originate\r\nChannel: PJSIP/1@carrier\r\nApplication: Wait";
  for (const action of [
    call,
    "Command\r\nCommand: core show version",
    "UpdateConfig\r\nSrcFilename: ari.conf\r\nDstFilename: ari.conf",
  ]) {
    expect(await ami(asterisk.ami, action), action).toMatch(/Response: Error\r\nActionID: asked/);
  }
  const stranger = { ...asterisk.ami, password: "wrong" };
  await expect(ami(stranger, "Ping")).rejects.toThrow(/Authentication failed/);
});

test("ARI refuses a wrong password", async () => {
  const asterisk = await runtime.asterisk({ trunks: [TRUNK] });
  const wrong = { ari: { ...asterisk.ari, password: "wrong" } };
  expect((await ariRequest(wrong, "GET", "/asterisk/info")).status).toBe(401);
});

test("a call from outside is refused", async () => {
  const asterisk = await runtime.asterisk({ trunks: [TRUNK] });
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  const status = new Promise<string>((resolve) =>
    socket.once("message", (data) => resolve(data.toString().slice(0, 11))),
  );
  const invite = [
    "INVITE sip:s@127.0.0.1 SIP/2.0",
    `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK-1`,
    "From: <sip:carrier@127.0.0.1>;tag=1",
    "To: <sip:s@127.0.0.1>",
    "Call-ID: outside-1",
    "CSeq: 1 INVITE",
    `Contact: <sip:carrier@127.0.0.1:${port}>`,
    "Max-Forwards: 70",
    "Content-Length: 0",
  ];
  socket.send(`${invite.join("\r\n")}\r\n\r\n`, asterisk.ports.sip, "127.0.0.1");
  expect(await status).toBe("SIP/2.0 401");
  socket.close();
});

test("its folder is readable for its owner only, and gone after the end", async () => {
  const asterisk = await runtime.asterisk({ trunks: [TRUNK] });
  expect((await stat(asterisk.dir)).mode & 0o077).toBe(0);
  await asterisk.stop();
  await expect(stat(asterisk.dir)).rejects.toThrow("ENOENT");
});

test("sends each SIP message to the capture", async () => {
  const capture = createSocket("udp4");
  await new Promise<void>((resolve) => capture.bind(0, "127.0.0.1", resolve));
  const packet = new Promise<Buffer>((resolve) => capture.once("message", resolve));
  await runtime.asterisk({ trunks: [TRUNK], hepPort: capture.address().port });
  const text = (await packet).toString("latin1");
  expect(text).toMatch(/^HEP3/);
  expect(text).toContain("OPTIONS sip:127.0.0.1:9");
  capture.close();
});

test("an Asterisk that cannot start says why", async () => {
  const blocker = await runtime.asterisk({ trunks: [TRUNK] });
  const { sip, http } = blocker.ports;
  // Long enough for a busy machine to come to the port: seen not to within 2 s.
  const clash = runtime.asterisk({ trunks: [TRUNK], ports: { sip, http }, readyDeadlineMs: 6000 });
  await expect(clash).rejects.toThrow(/Asterisk (ended|was not ready)[\s\S]*(in use|bind)/i);
});
