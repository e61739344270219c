/** One verification whose gateway is killed while its first delivery is in some state, and the person before it. */
import type { App } from "../app.ts";
import { sleep, wallMs } from "../time.ts";
import { type DeliveryState, isMessageLine, isSlow, type Line, plans, prefixOf } from "./lines.ts";
import type { ArrivedMessage, Fate, Providers } from "./providers.ts";
import { ttlMs } from "./world.ts";

/** A verification may be seen to end so much later than its time is over. */
export const graceMs = 5000;
const readEveryMs = 200;
const waitSeconds = 5;
/** The others are brought into their states meanwhile. */
const slowWaitSeconds = 15;
const terminal = ["verified", "failed", "expired", "canceled", "undeliverable"];

/** When the person types the code: as soon as there is one, that of the second step, or not at all. */
export const habits = ["first", "second", "never"] as const;
export type Habit = (typeof habits)[number];

export interface ShownDelivery {
  readonly channel: string;
  readonly to: string;
  readonly state: string;
  readonly reason: string | null;
  readonly started_at: string;
  readonly ended_at: string | null;
}

export interface Shown {
  readonly id: string;
  readonly status: string;
  readonly created_at: string;
  readonly expires_at: string;
  readonly ended_at: string | null;
  readonly deliveries: readonly ShownDelivery[];
}

export class ChaosDelivery {
  readonly line: Line;
  readonly state: DeliveryState;
  readonly habit: Habit;
  readonly steps: readonly { readonly channel: string; readonly to: string; readonly wait_seconds: number }[];
  /** Of the start that was accepted. */
  id: string | null = null;
  /** State of the first delivery shortly before the kill. */
  stateBefore: string | null = null;
  killedAtMs = Number.POSITIVE_INFINITY;
  /** As it was seen last. */
  last: Shown | null = null;
  typedAtMs: number | null = null;
  timesValid = 0;
  readonly violations: string[] = [];

  constructor(options: Pick<ChaosDelivery, "line" | "state" | "habit"> & { number: number; providers: Providers }) {
    const { line, state, habit, number, providers } = options;
    this.line = line;
    this.state = state;
    this.habit = habit;
    const phone = `${prefixOf(line, state)}${String(number).padStart(4, "0")}`;
    const address = `ada.${line.replace("_", ".")}${number}@example.com`;
    const device = line === "fcm" || line === "apns" || line === "web_push" ? providers.registration(line, number) : "";
    const toOf = (channel: string) => ({ email: address, push: device })[channel] ?? phone;
    const wait = isSlow(state) || line === "missed_call" ? slowWaitSeconds : waitSeconds;
    const { channel, next } = plans[line];
    this.steps = [channel, ...next].map((name) => ({ channel: name, to: toOf(name), wait_seconds: wait }));
    const fate: Fate | null = state === "queued" ? "unanswered" : state === "sent" ? "late_receipt" : null;
    if (fate !== null && isMessageLine(line)) providers.setFate(line, this.to, fate);
  }

  /** Of the first step. */
  get to(): string {
    return this.steps[0]?.to ?? "";
  }

  get name(): string {
    return `${this.line}, ${this.state}, ${this.habit}, ${this.id ?? this.to.slice(0, 60)}`;
  }

  /** Resolves when a gateway accepted it, or refused for good. */
  async start(app: App): Promise<void> {
    const key = { "idempotency-key": `deliveries ${this.to.slice(-60)}` };
    const answer = await app.insist("POST", "/v1/verifications", { to: this.to, workflow: this.steps }, key);
    if (answer?.status === 201) this.id = String(answer.json.id);
    else this.violations.push(`the start was refused: ${answer?.status} ${answer?.text}`);
  }

  async read(app: App): Promise<Shown | null> {
    const answer = this.id === null ? null : await app.once("GET", `/v1/verifications/${this.id}`);
    if (answer?.status !== 200) return null;
    this.last = answer.json as unknown as Shown;
    return this.last;
  }

  /** Whether the first delivery is in the state in which its gateway is to be killed. */
  async isThere(app: App): Promise<boolean> {
    return (await this.read(app))?.deliveries[0]?.state === this.state;
  }

  /** Notes the state; the kill is due. */
  async look(app: App): Promise<void> {
    this.stateBefore = (await this.read(app))?.deliveries[0]?.state ?? null;
  }

  /** The message of a delivery that the person got. */
  messageOf({ channel, to }: Pick<ShownDelivery, "channel" | "to">, arrived: readonly ArrivedMessage[]) {
    return arrived.filter((message) => message.channel === channel && message.to === to);
  }

  /** Waits until the workflow has gone on past the first delivery, or the person has typed what came. */
  async follow(app: App, arrived: readonly ArrivedMessage[]): Promise<void> {
    const giveUpAtMs = wallMs() + ttlMs;
    while (this.id !== null && wallMs() < giveUpAtMs) {
      const now = await this.read(app);
      if (now !== null && (terminal.includes(now.status) || (await this.#act(now, app, arrived)))) return;
      await sleep(readEveryMs);
    }
  }

  /** @returns whether the person is done */
  async #act(now: Shown, app: App, arrived: readonly ArrivedMessage[]): Promise<boolean> {
    const newest = now.deliveries.at(-1);
    const isOpen = newest?.state === "sent" || newest?.state === "delivered";
    if (newest === undefined || !isOpen) return false;
    if (this.habit !== "first" && now.deliveries.length < 2) return false;
    if (this.habit === "never") return true;
    const code = /(?<!\d)\d{6}(?!\d)/.exec(this.messageOf(newest, arrived).at(-1)?.text ?? "")?.[0];
    if (code === undefined) return false;
    for (const again of [false, true]) {
      const answer = await app.insist("POST", `/v1/verifications/${this.id}/check`, { code });
      if (answer?.json.valid === true) this.timesValid += 1;
      else if (!again) this.violations.push(`the right code was refused: ${answer?.status} ${answer?.text}`);
    }
    this.typedAtMs = wallMs();
    await this.read(app);
    return true;
  }

  /** Waits for the end, which must come. */
  async awaitEnd(app: App): Promise<void> {
    if (this.id === null) return;
    const leftAtMs = wallMs() + ttlMs;
    for (;;) {
      const now = await this.read(app);
      if (now !== null && terminal.includes(now.status)) return;
      // A step that begins in the meantime extends it.
      const expiresAtMs = now === null ? leftAtMs : Date.parse(now.expires_at);
      if (wallMs() > expiresAtMs + graceMs) return;
      await sleep(readEveryMs);
    }
  }
}
