/** Starts receivers of webhooks, each in a process of its own. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { afterAll } from "vitest";

export type Behaviour =
  | { readonly kind: "ok" | "close" | "hang" | "drip" | "large" | "reset" }
  | { readonly kind: "slow"; readonly ms: number }
  | { readonly kind: "status"; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: "fail_first"; readonly count: number }
  | { readonly kind: "fail_if"; readonly text: string };

export interface Received {
  readonly atMs: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether it was answered with success by `ok` or `slow`. */
  readonly answered: boolean;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  behave(behaviour: Behaviour): Promise<void>;
  /** All requests so far. */
  received(): Promise<readonly Received[]>;
  /** As kill -9. */
  kill(): Promise<void>;
}

const program = new URL("receiver-process.ts", import.meta.url).pathname;

/** Call it at the top of a test file. */
export function withReceivers(): { start(behaviour?: Behaviour, port?: number): Promise<Receiver> } {
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children) child.kill("SIGKILL");
  });
  return {
    async start(behaviour, port = 0) {
      const child = fork(program, [String(port)], { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
      children.push(child);
      return receiverOf(child, behaviour);
    },
  };
}

async function receiverOf(child: ChildProcess, behaviour: Behaviour | undefined): Promise<Receiver> {
  const all: Received[] = [];
  const ask = async <T>(message: object): Promise<T> => {
    const answer = once(child, "message");
    child.send(message);
    return (await answer)[0] as T;
  };
  const [{ port }] = (await once(child, "message")) as [{ readonly port: number }];
  const receiver: Receiver = {
    port,
    url: `http://127.0.0.1:${port}/hook`,
    async behave(next) {
      await ask({ behave: next });
    },
    async received() {
      all.push(...(await ask<{ readonly received: readonly Received[] }>({ dump: true })).received);
      return all;
    },
    async kill() {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
  if (behaviour !== undefined) await receiver.behave(behaviour);
  return receiver;
}
