/**
 * The SMSC that all sides submit to: answers each submit_sm at once and counts it. It reads a PDU's header alone and writes
 * all answers to one packet together, so that it is never what limits a side.
 */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createFramer } from "../../src/channels/sms/smpp/framer.ts";
import { commandIds } from "../../src/channels/sms/smpp/layouts.ts";
import { encodePdu, readHeader } from "../../src/channels/sms/smpp/pdu.ts";
import type { Expect, SinkMessage } from "./protocol.ts";

const tell = (message: SinkMessage) => void process.send?.(message);
let lastId = 0;
let taken = 0;
let expected = Number.POSITIVE_INFINITY;

function answerTo(pdu: Buffer): Buffer | null {
  const { id, sequence } = readHeader(pdu);
  switch (id) {
    case commandIds.submit_sm:
      taken += 1;
      if (taken === expected) tell({ type: "taken", messages: taken });
      lastId += 1;
      return encodePdu({ command: "submit_sm_resp", sequence, fields: { message_id: String(lastId) } });
    case commandIds.bind_transceiver:
      return encodePdu({ command: "bind_transceiver_resp", sequence, fields: { system_id: "SINK" } });
    case commandIds.enquire_link:
      return encodePdu({ command: "enquire_link_resp", sequence });
    case commandIds.unbind:
      return encodePdu({ command: "unbind_resp", sequence });
    default:
      return null;
  }
}

function serve(socket: Socket): void {
  const framer = createFramer();
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes) => {
    const answers = framer.push(bytes).map(answerTo);
    socket.write(Buffer.concat(answers.filter((answer) => answer !== null)));
  });
}

const server = createServer(serve);
server.listen(0, "127.0.0.1", () => tell({ type: "ready", port: (server.address() as AddressInfo).port }));
process.on("message", ({ messages }: Expect) => {
  taken = 0;
  expected = messages;
});
process.on("disconnect", () => process.exit(0));
