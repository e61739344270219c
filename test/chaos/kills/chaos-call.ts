/** One verification in the storm: what was done to it, and what came of it. */
import type { Answer } from "../../support/gateway.ts";
import type { App, Verification } from "../app.ts";
import { readVerification } from "../app.ts";
import type { PhoneCall } from "../phones.ts";
import { carrierMs, plans, type State } from "../states.ts";
import { ask } from "../time.ts";
import type { Harm, Victim } from "./world.ts";

/** In which a phone behind `paced` does not ring yet; more than a machine that runs other tests too takes to send the CANCEL. */
const blipMs = carrierMs.pacedRing;

/** How a person's digits fared. */
export type Typed = "not_typed" | "verified" | "too_late" | "no_answer";

export class ChaosCall {
  readonly victim: Victim;
  readonly harm: Harm;
  readonly state: State;
  readonly callee: string;
  /** Whether the person types the digits afterwards, or the verification is left to end by itself. */
  readonly typesAfterwards: boolean;
  /** What the gateway accepted. */
  verification: Verification | null = null;
  /** Shortly before the harm. */
  statusBefore: string | null = null;
  struckAtMs = Number.POSITIVE_INFINITY;
  mendedAtMs = Number.POSITIVE_INFINITY;
  /** The gateway can verify again. */
  readyAtMs = Number.POSITIVE_INFINITY;
  /** The status in which it ended, `lost` where it did not; empty until that is known, or where it was not accepted. */
  end = "";
  typed: Typed = "not_typed";
  /** How often the gateway said that the digits are right. */
  timesVerified = 0;
  /** How often it said that the digits which the phone showed are wrong. */
  timesWrong = 0;
  /** See `judgeRinging`. */
  overrunMs: number | null = null;
  readonly violations: string[] = [];

  constructor(options: Pick<ChaosCall, "victim" | "harm" | "state" | "callee" | "typesAfterwards">) {
    this.victim = options.victim;
    this.harm = options.harm;
    this.state = options.state;
    this.callee = options.callee;
    this.typesAfterwards = options.typesAfterwards;
  }

  /** Resolves when the gateway accepted it, or refused for good. */
  async start(app: App): Promise<void> {
    const answer = await app.insist("POST", "/v1/verifications", this.#wish, this.#key);
    if (answer?.status === 201) this.verification = readVerification(answer.json);
    else this.violations.push(`the start was refused: ${answer?.status ?? "no answer"} ${answer?.text ?? ""}`);
  }

  /** The same start once more, when all is over: it must lead to the same verification, and to no call. */
  async startAgain(app: App): Promise<void> {
    if (this.verification === null) return;
    const answer = await app.insist("POST", "/v1/verifications", this.#wish, this.#key);
    if (answer?.status === 201 && answer.json.id === this.verification.id) return;
    this.violations.push(
      `the same start again led to ${answer?.status ?? "no answer"} ${answer?.json.id ?? ""} instead of ${this.verification.id}`,
    );
  }

  /** Notes the status; the harm is due. */
  async look(app: App): Promise<void> {
    if (this.verification === null) return;
    this.statusBefore = (await app.read(this.verification.id))?.status ?? null;
  }

  /** One check, whatever becomes of it: the answer may get lost. */
  async checkOnce(app: App, code: string): Promise<number | null> {
    const answer = await app.once("POST", `${this.#path}/check`, { code });
    this.#count(answer);
    return answer?.status ?? null;
  }

  /** A person who saw the missed call types its digits until there is an answer, and then once more. */
  async type(app: App, code: string): Promise<void> {
    const answer = await app.insist("POST", `${this.#path}/check`, { code });
    this.#count(answer);
    // An answer that got lost may have been a yes.
    const now = await ask(() => app.read(this.verification?.id ?? ""), 10_000);
    if (now?.status === "verified") this.typed = "verified";
    else this.typed = answer === null || answer.status >= 500 ? "no_answer" : "too_late";
    this.#count(await app.insist("POST", `${this.#path}/check`, { code }));
  }

  #count(answer: Answer | null): void {
    const { valid, status } = answer?.json ?? {};
    if (valid === true) this.timesVerified += 1;
    // What was verified, expired or could not be delivered says so; any other no is about the digits.
    if (valid === false && (status === "pending" || status === "failed")) this.timesWrong += 1;
  }

  wasInState(calls: readonly PhoneCall[]): boolean {
    return plans[this.state].wasIn({ struckAtMs: this.struckAtMs, status: this.statusBefore, calls });
  }

  /**
   * A gateway that was frozen for longer than anything may take wakes up and goes on as if nothing had been. Only the
   * one request that it was writing at that very moment may leave, as it wakes up, and is taken back before a phone rings.
   */
  placedLate(calls: readonly PhoneCall[]): PhoneCall | null {
    const startedBefore = (this.verification?.createdAtMs ?? Number.POSITIVE_INFINITY) < this.struckAtMs;
    const frozen = this.harm === "freeze" && this.victim === "gateway";
    const isBlip = ({ invitedAtMs, alertedAtMs, canceledAtMs }: PhoneCall) =>
      invitedAtMs - this.mendedAtMs < blipMs &&
      alertedAtMs === null &&
      canceledAtMs !== null &&
      canceledAtMs - invitedAtMs < blipMs;
    const late = calls.find((call) => call.invitedAtMs > this.mendedAtMs && !isBlip(call));
    return (frozen && startedBefore && late) || null;
  }

  /**
   * The phone had rung when the victim was struck, and the gateway knew: the digits must be good until they expire. The first of
   * two calls that rings has told half of them only.
   */
  get mustVerify(): boolean {
    return this.statusBefore === "rung" || (this.statusBefore === "ringing" && plans[this.state].calls === 1);
  }

  get name(): string {
    return `${this.victim}, ${this.harm}, ${this.state}, ${this.callee}`;
  }

  get #wish(): Readonly<Record<string, unknown>> {
    return { to: this.callee, calls: plans[this.state].calls };
  }

  get #key(): Record<string, string> {
    return { "idempotency-key": `chaos ${this.callee}` };
  }

  get #path(): string {
    return `/v1/verifications/${this.verification?.id ?? ""}`;
  }
}

/** The digits that a phone showed, the first call's first. */
export function codeOf(calls: readonly PhoneCall[]): string {
  return calls.map(({ callerId }) => callerId.slice(-4)).join("");
}
