/** One verification under load: when it was asked for, when the phone rang, and how it ended. */
import type { App, Verification } from "../app.ts";
import { readVerification } from "../app.ts";
import type { PhoneCall } from "../phones.ts";
import { sleep, wallMs } from "../time.ts";

const graceMs = 5000;
const terminal = ["verified", "failed", "expired", "canceled", "undeliverable"];
const readEveryMs = 500;

export class PairCall {
  readonly callee: string;
  readonly phase: string;
  readonly askedAtMs = wallMs();
  /** HTTP status of the start; null: no gateway answered. */
  status: number | null = null;
  /** What a gateway said to a start that it refused. */
  refusal = "";
  verification: Verification | null = null;
  /** The call that made the phone ring. */
  rang: PhoneCall | null = null;
  timesRung = 0;
  timesVerified = 0;
  /** The status at the last look; null: no gateway told it. */
  end: string | null = null;

  readonly #lateMs: number;

  /** @param lateMs a phone that rings later than this after the app asked is late */
  constructor(callee: string, phase: string, lateMs: number) {
    this.#lateMs = lateMs;
    this.callee = callee;
    this.phase = phase;
  }

  async start(app: App): Promise<void> {
    const key = { "idempotency-key": `pairs ${this.callee}` };
    const answer = await app.once("POST", "/v1/verifications", { to: this.callee }, key);
    this.status = answer?.status ?? null;
    if (answer?.status === 201) this.verification = readVerification(answer.json);
    else this.refusal = ` ${answer?.json.code ?? ""} (${answer?.json.detail ?? ""})`;
  }

  /** The person types the digits. */
  async type(app: App, code: string): Promise<void> {
    const answer = await app.insist("POST", `/v1/verifications/${this.verification?.id}/check`, { code });
    if (answer?.json.valid === true) this.timesVerified += 1;
  }

  /** Reads until it ended, or should have. */
  async awaitEnd(app: App): Promise<void> {
    if (this.verification === null) return;
    const { id, expiresAtMs } = this.verification;
    do {
      this.end = (await app.read(id))?.status ?? null;
      if (this.isOver) return;
      await sleep(readEveryMs);
    } while (wallMs() < expiresAtMs + graceMs);
  }

  /** @param calls of this phone */
  sawOnThePhone(calls: readonly PhoneCall[]): void {
    const ringing = calls.filter(({ alertedAtMs }) => alertedAtMs !== null);
    this.rang = ringing[0] ?? null;
    this.timesRung = ringing.length;
  }

  /** Accepted, and never ended. */
  get isLost(): boolean {
    return this.verification !== null && !this.isOver;
  }

  get isOver(): boolean {
    return this.end !== null && terminal.includes(this.end);
  }

  get isLate(): boolean {
    return (this.rang?.alertedAtMs ?? 0) - this.askedAtMs > this.#lateMs;
  }

  /** Not accepted, or accepted and the phone cannot have rung as far as the gateway knows. */
  get isFailed(): boolean {
    return this.verification === null || this.end === "undeliverable";
  }
}
