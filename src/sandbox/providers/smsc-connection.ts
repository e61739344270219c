/** One client's connection to the stand-in SMSC. */
import type { Socket } from "node:net";
import { createFramer } from "../../channels/sms/smpp/framer.ts";
import { tags } from "../../channels/sms/smpp/layouts.ts";
import { decodePdu, encodePdu, type Pdu, PduError, type UnknownPdu } from "../../channels/sms/smpp/pdu.ts";
import { type ReceiptState, receiptStates } from "../../channels/sms/smpp/receipt.ts";
import { statuses } from "../../channels/sms/smpp/status.ts";
import type { SubmitPdu } from "./smsc-text.ts";

export interface SmscReceipt {
  readonly state: ReceiptState;
  /** After the answer; below 0 it comes before it. */
  readonly afterMs: number;
  /** The network's error code. */
  readonly error?: string;
  /** Default `both`. */
  readonly form?: "tlv" | "text" | "both";
}

export interface ConnectionOptions {
  readonly systemId: string;
  readonly password: string;
  count(command: string): void;
  submit(pdu: SubmitPdu): void;
  /** The client answered what was delivered to it. */
  delivered(status: number): void;
  closed(): void;
}

export interface SmscConnection {
  readonly bound: boolean;
  answer(submit: SubmitPdu, status: number, messageId: string): void;
  deliverReceipt(id: string, phone: string, receipt: SmscReceipt): void;
  deliverMessage(from: string, to: string, text: string): void;
  unbind(): void;
  write(bytes: Buffer): void;
  setSilent(silent: boolean): void;
  destroy(): void;
}

const receiptType = 0x04;

export function serveConnection(socket: Socket, options: ConnectionOptions): SmscConnection {
  const framer = createFramer();
  let bound = false;
  let sequence = 0;
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    bound = false;
    options.closed();
  });
  socket.on("data", (bytes) => {
    try {
      for (const pdu of framer.push(bytes)) handle(decodePdu(pdu));
    } catch (error) {
      if (!(error instanceof PduError)) throw error;
      socket.destroy();
    }
  });

  function write(bytes: Buffer): void {
    if (socket.writable) socket.write(bytes);
  }

  function handle(pdu: Pdu | UnknownPdu): void {
    options.count(pdu.command);
    const { sequence: number } = pdu;
    switch (pdu.command) {
      case "bind_transceiver": {
        const { system_id, password } = pdu.fields;
        const status = bindStatus(system_id, password);
        bound = status === 0;
        const fields = { system_id: "SANDBOX" };
        write(encodePdu({ command: "bind_transceiver_resp", status, sequence: number, fields }));
        break;
      }
      case "submit_sm":
        if (bound) options.submit(pdu);
        else answer(pdu, statuses.ESME_RINVBNDSTS ?? 4, "");
        break;
      case "enquire_link":
        write(encodePdu({ command: "enquire_link_resp", sequence: number }));
        break;
      case "unbind":
        bound = false;
        write(encodePdu({ command: "unbind_resp", sequence: number }));
        socket.end();
        break;
      case "deliver_sm_resp":
        options.delivered(pdu.status);
        break;
      default:
    }
  }

  function bindStatus(systemId: string, password: string): number {
    if (bound) return statuses.ESME_RALYBND ?? 5;
    if (systemId !== options.systemId) return statuses.ESME_RINVSYSID ?? 15;
    return password === options.password ? 0 : (statuses.ESME_RINVPASWD ?? 14);
  }

  function answer({ sequence: number }: SubmitPdu, status: number, messageId: string): void {
    write(encodePdu({ command: "submit_sm_resp", status, sequence: number, fields: { message_id: messageId } }));
  }

  function nextSequence(): number {
    sequence += 1;
    return sequence;
  }

  return {
    get bound() {
      return bound;
    },
    answer,
    deliverReceipt(id, phone, { state, error = "000", form = "both" }) {
      const delivered = state === "DELIVRD" ? "001" : "000";
      // SMPP v3.4, Appendix B. The quoted text is where real SMSCs put the first characters of the message.
      const text = `id:${id} sub:001 dlvrd:${delivered} submit date:2611251200 done date:2611251201 stat:${state} err:${error} Text:Your code`;
      const tlvs = new Map([
        [tags.receipted_message_id, Buffer.from(`${id}\0`, "latin1")],
        [tags.message_state, Buffer.from([receiptStates.indexOf(state) + 1])],
      ]);
      write(
        encodePdu({
          command: "deliver_sm",
          sequence: nextSequence(),
          fields: {
            ...{ source_addr_ton: 1, source_addr_npi: 1, source_addr: phone, esm_class: receiptType },
            ...(form !== "tlv" && { short_message: Buffer.from(text, "latin1") }),
          },
          ...(form !== "text" && { tlvs }),
        }),
      );
    },
    deliverMessage(from, to, text) {
      const fields = { source_addr_ton: 1, source_addr_npi: 1, source_addr: from, destination_addr: to };
      const short_message = Buffer.from(text, "latin1");
      write(encodePdu({ command: "deliver_sm", sequence: nextSequence(), fields: { ...fields, short_message } }));
    },
    unbind: () => write(encodePdu({ command: "unbind", sequence: nextSequence() })),
    write,
    setSilent(silent) {
      if (silent) socket.pause();
      else socket.resume();
    },
    destroy: () => socket.destroy(),
  };
}
