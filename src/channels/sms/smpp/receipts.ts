/**
 * From what an SMSC sends to receipts of messages: ids in the form of the submit, parts of a long message joined. A receipt
 * is answered when it was dealt with; where the store is away, so that the SMSC sends it again.
 */
import { LatestMap } from "../../../shared/latest-map.ts";
import type { InboundTextReceiver } from "../../messages/inbound-text-port.ts";
import type { MessageFailure, MessageReport, ReceiptReceiver } from "../../messages/provider-port.ts";
import type { SmsEvents } from "../events.ts";
import type { MessageParts, PartReport } from "../parts-port.ts";
import { canonicalId, type IdForm, IdFormLearner, submittedId } from "./message-ids.ts";
import { type Incoming, inboundText, readIncoming, reportOf, type SmppReceipt } from "./receipt.ts";
import { okStatus, temporaryStatus } from "./status.ts";

export interface ReceiptParts {
  readonly route: string;
  readonly idForm: "auto" | IdForm;
  readonly errors: ReadonlyMap<string, MessageFailure>;
  readonly store: MessageParts;
  readonly dropped: (what: SmsEvents["sms.dropped"]["what"]) => void;
}

/** The latest own messages: their receipts need no look-up. */
const mostOwn = 5000;
/** Receipts in progress; more are answered so that the SMSC sends them again. */
const mostAtOnce = 1000;

/** Of a long message: its group; null: the message has one part. */
type Own = { readonly group: string; readonly parts: number } | null;

export class RouteReceipts {
  readonly #parts: ReceiptParts;
  readonly #own = new LatestMap<string, Own>(mostOwn);
  readonly #learner = new IdFormLearner();
  #receiver: ReceiptReceiver = async () => true;
  #text: InboundTextReceiver | null = null;
  #inProgress = 0;

  constructor(parts: ReceiptParts) {
    this.#parts = parts;
  }

  onReceipt(receiver: ReceiptReceiver): void {
    this.#receiver = receiver;
  }

  onText(receiver: InboundTextReceiver): void {
    this.#text = receiver;
  }

  /**
   * The SMSC gave a part this id. From now on its receipt counts, also while the next parts are being sent.
   * @param recipient digits of the number
   * @param group a random name of the message, asked for where it has several parts
   */
  answered(messageId: string, recipient: string, parts: number, group: () => string): void {
    if (messageId === "") return;
    this.#learner.submitted(messageId, recipient);
    if (parts > 1) this.#own.set(this.#receiptId(canonicalId(messageId)), { group: this.#groupName(group()), parts });
  }

  /**
   * All parts of a message were taken.
   * @param group as for `answered`
   * @returns the id of its receipts; null where the SMSC gave none
   */
  async taken(messageIds: readonly string[], group: () => string): Promise<string | null> {
    const ids = messageIds.map((id) => this.#receiptId(canonicalId(id)));
    const [only, ...more] = ids;
    if (only === undefined || messageIds.includes("")) return null;
    if (more.length === 0) {
      this.#own.set(only, null);
      return only;
    }
    const name = this.#groupName(group());
    // Where the store is away, other gateways do not know these parts; this one does.
    const early = await this.#parts.store.join(name, ids).catch(() => []);
    const own = { group: name, parts: ids.length };
    for (const [index, report] of early.entries()) {
      // What is lost here leaves the message sent, as a receipt that never came.
      if (report !== null) await this.#settle(own, ids[index] as string, report).catch(() => false);
    }
    return name;
  }

  /** Never rejects. @returns the command_status to answer with */
  async incoming(pdu: Incoming): Promise<number> {
    const read = readIncoming(pdu);
    if (read === "message") return this.#incomingText(pdu);
    if (read === "unreadable") {
      this.#parts.dropped(read);
      return okStatus;
    }
    const report = reportOf(read, this.#parts.errors);
    // It is on its way: nothing new.
    if (report.state === "sent") return okStatus;
    if (this.#inProgress >= mostAtOnce) {
      this.#parts.dropped("shed");
      return temporaryStatus;
    }
    this.#inProgress += 1;
    try {
      // A submit_sm_resp that came in the same packet is dealt with first.
      await new Promise((resolve) => setImmediate(resolve));
      return (await this.#take(read, report)) ? okStatus : temporaryStatus;
    } catch {
      this.#parts.dropped("shed");
      return temporaryStatus;
    } finally {
      this.#inProgress -= 1;
    }
  }

  async #incomingText(pdu: Incoming): Promise<number> {
    const text = this.#text === null ? null : inboundText(pdu, "sms");
    if (text === null || this.#text === null) {
      this.#parts.dropped("message");
      return okStatus;
    }
    if (this.#inProgress >= mostAtOnce) {
      this.#parts.dropped("shed");
      return temporaryStatus;
    }
    this.#inProgress += 1;
    try {
      return (await this.#text(text)) ? okStatus : temporaryStatus;
    } finally {
      this.#inProgress -= 1;
    }
  }

  /** @returns false where the SMSC is to send it again */
  async #take(receipt: SmppReceipt, report: MessageReport): Promise<boolean> {
    const id = this.#submittedId(receipt);
    if (id === null) {
      this.#parts.dropped("unreadable");
      return true;
    }
    const own = this.#own.get(id);
    const said: PartReport = report.state === "failed" ? report : { state: "delivered" };
    const whole = own === undefined ? await this.#parts.store.groupOf(id, said) : own;
    return whole === null ? this.#receiver({ receiptId: id, report }) : this.#settle(whole, id, said);
  }

  /** A part's receipt. @returns false where the SMSC is to send it again */
  async #settle({ group, parts }: NonNullable<Own>, id: string, report: PartReport): Promise<boolean> {
    const state = await this.#parts.store.settle(group, parts, id, report.state);
    if (state === "open") return true;
    // The last part's receipt may be a good one of a message with a failed part, which was reported by then.
    return state === report.state ? this.#receiver({ receiptId: group, report }) : true;
  }

  #submittedId({ messageId, addresses }: SmppReceipt): string | null {
    const { idForm } = this.#parts;
    const form = idForm === "auto" ? this.#learner.formOf(messageId, addresses) : idForm;
    const id = submittedId(messageId, form);
    return id === null ? null : this.#receiptId(id);
  }

  #receiptId(id: string): string {
    return `${this.#parts.route}:${id}`;
  }

  #groupName(group: string): string {
    return this.#receiptId(`parts-${group}`);
  }
}
