/** What the bench and the two sides, each a process of its own so that its CPU can be read, say to each other. */

/** Asterisk and the trunk that both sides call through. */
export interface Target {
  /** How the bare peer asks for calls. */
  readonly control: "http" | "websocket";
  readonly ariUrl: string;
  readonly ariUser: string;
  readonly ariPassword: string;
  readonly endpoint: string;
}

/** Parent → side: offer calls. */
export interface RunCommand {
  readonly type: "run";
  readonly ratePerSecond: number;
  readonly durationMs: number;
  /** First callee of this run, so that no callee is called twice. */
  readonly firstCallee: number;
}

/** Side → parent: how that went. */
export interface RunResult {
  readonly offered: number;
  /** POST-to-ringing of each call that rang. */
  readonly ringingMs: number[];
  readonly errors: number;
  /** What the first error said. */
  readonly firstError: string | null;
}

/** Wall-clock milliseconds with a fraction, comparable between processes of one machine. */
export const wallMs = () => performance.timeOrigin + performance.now();

/** A callee that number plans call a valid mobile: +44 7400 000000 and up. */
export const callee = (index: number) => `+447400${String(index % 1_000_000).padStart(6, "0")}`;
