/**
 * A request of ours inside a dialog, BYE or PRACK: answers a challenge, and a BYE goes out once more where its flow breaks, or to
 * Contact where the server that took the INVITE does not know its dialog, and again where a server on the way could not pass it on.
 */
import type { Clock } from "../../shared/clock.ts";
import type { Digest, DigestAnswers } from "../auth/port.ts";
import type { SipResponseMessage } from "../message.ts";
import type { ClientUser, HeaderLine, TransactionLayer } from "../transaction/port.ts";
import type { Flow, Target, Transports } from "../transport/port.ts";
import type { CallerParts } from "./caller-parts.ts";
import { ackOf, type Dialog, requestIn } from "./dialog.ts";
import { directTarget } from "./direct-target.ts";

export interface DialogRequestParts extends Pick<CallerParts, "isSameFarEnd"> {
  readonly transactions: Pick<TransactionLayer, "request" | "acknowledge">;
  readonly transports: Pick<Transports, "flowTo" | "connect">;
  /** The account's, where the trunk has one. */
  readonly digest: Digest | null;
  /** What the INVITE was accepted with. */
  readonly accepted: DigestAnswers | null;
  readonly target: Target;
  readonly clock: Pick<Clock, "after">;
  /** The next CSeq of our requests in this call. */
  readonly nextCSeq: () => number;
}

/** One challenge, and one more for a nonce that is stale. */
const maxChallenges = 2;
/**
 * Before a BYE is sent again after a 5xx: it did not come to the phone, which stays answered. Not after other responses: to 408 and 481
 * the dialog is over (RFC 3261 section 15.1.1).
 */
const pausesMs: readonly number[] = [500, 2000, 4000];

export class DialogRequest implements ClientUser {
  readonly #parts: DialogRequestParts;
  readonly #dialog: Dialog;
  readonly #method: "BYE" | "PRACK";
  readonly #headers: readonly HeaderLine[];
  readonly #onEnd: () => void;
  #answers: DigestAnswers | null = null;
  #uri = "";
  #challenges = 0;
  #refusals = 0;
  #again = false;
  #flow: Flow | null = null;

  /** @param onEnd called once: there is a final response, or none will come */
  constructor(
    parts: DialogRequestParts,
    dialog: Dialog,
    method: "BYE" | "PRACK",
    headers: readonly HeaderLine[],
    onEnd: () => void,
  ) {
    this.#parts = parts;
    this.#dialog = dialog;
    this.#method = method;
    this.#headers = headers;
    this.#onEnd = onEnd;
  }

  send(flow: Flow): void {
    const { transactions, digest, accepted, nextCSeq } = this.#parts;
    this.#flow = flow;
    let request = requestIn(this.#dialog, this.#method, nextCSeq(), this.#headers);
    this.#uri = request.uri;
    if (this.#answers === null && digest !== null && accepted !== null) {
      this.#answers = digest.next({ method: this.#method, uri: request.uri }, accepted);
    }
    if (this.#answers !== null) request = { ...request, headers: [...request.headers, ...this.#answers.headers] };
    transactions.request(request, flow, this);
  }

  response(response: SipResponseMessage): void {
    if (response.status < 200) return;
    const { digest } = this.#parts;
    const isChallenge = response.status === 401 || response.status === 407;
    if (isChallenge && digest !== null && this.#flow !== null && this.#challenges < maxChallenges) {
      this.#challenges += 1;
      const answers = digest.answer(response, { method: this.#method, uri: this.#uri }, this.#answers);
      if (typeof answers !== "string") {
        this.#answers = answers;
        this.send(this.#flow);
        return;
      }
    }
    if (response.status >= 500 && response.status < 600 && this.#sendLater()) return;
    if ((response.status === 404 || response.status === 481) && this.#sendDirectly()) return;
    this.#onEnd();
  }

  /**
   * A server that took the INVITE and is not in the route set may not know its dialog, and have dropped the ACK too: the phone would
   * stay answered. A carrier's word sends us to its own addresses alone.
   * @returns false where there is no other one
   */
  #sendDirectly(): boolean {
    const { target, isSameFarEnd } = this.#parts;
    const direct = this.#method === "BYE" && !this.#again ? directTarget(this.#dialog, target) : null;
    if (direct === null || isSameFarEnd?.(direct.address, target.address) !== true) return false;
    this.#again = true;
    void this.#sendElsewhere(direct);
    return true;
  }

  /** @returns false where it is not sent again */
  #sendLater(): boolean {
    const [flow, pauseMs] = [this.#flow, pausesMs[this.#refusals]];
    if (this.#method !== "BYE" || flow === null || pauseMs === undefined) return false;
    this.#refusals += 1;
    this.#parts.clock.after(pauseMs, () => this.send(flow));
    return true;
  }

  failed(why: "timeout" | "transport"): void {
    if (why === "timeout" || this.#method === "PRACK" || this.#again) {
      this.#onEnd();
      return;
    }
    this.#again = true;
    void this.#sendElsewhere(this.#parts.target);
  }

  /** Over another flow. The ACK may have been lost with the first. */
  async #sendElsewhere(target: Target): Promise<void> {
    const { transports, transactions, accepted } = this.#parts;
    try {
      const flow = transports.flowTo(target) ?? (await transports.connect(target));
      transactions.acknowledge(ackOf(this.#dialog, accepted?.headers), flow);
      this.send(flow);
    } catch {
      this.#onEnd();
    }
  }
}
