/** The other processes of this gateway, as one of them sees them: over its channel to the primary. */
import type { Clock } from "../shared/clock.ts";
import { Refusal } from "../shared/refusal.ts";
import type { EndedProcesses } from "../telephony/sip-trunks/open-invites-port.ts";
import type { SharedRegistrations, SharedState } from "../telephony/sip-trunks/shared-registration.ts";
import type { FromProcess, Question, ToProcess } from "./messages.ts";
import { deadlineMs } from "./questions.ts";

/** How a gateway asks the other processes, and answers them. */
export interface Peers {
  /**
   * @returns what they answered in time, and what the primary adds
   * @throws {Refusal} `processes_unavailable`: the primary has ended, or is frozen
   */
  ask(what: Question, argument: string): Promise<readonly string[]>;
  /** Sets what answers the others; what they asked before waits for it. Where it rejects there is no answer. */
  answer(what: Question, how: (argument: string) => Promise<string>): void;
  readonly registrations: SharedRegistrations;
  readonly endedProcesses: EndedProcesses;
}

export interface PeersParts {
  readonly send: (message: FromProcess) => void;
  readonly stop: () => void;
  readonly reload: (by: string) => void;
  readonly clock: Pick<Clock, "after">;
}

/** Its end of the channel. */
export interface PeersChannel {
  /** Takes each message of the primary. */
  receive(message: ToProcess): void;
  /** The primary has ended: nothing that waits is answered any more. */
  disconnected(): void;
}

interface Waiting {
  readonly resolve: (texts: readonly string[]) => void;
  readonly reject: (error: Refusal) => void;
}

/** Beyond the primary's own deadline, for a busy machine. */
const marginMs = 1000;
const retryAfterMs = 5000;

export function createPeers({ send, stop, reload, clock }: PeersParts): Peers & PeersChannel {
  const answers = new Map<Question, (argument: string) => Promise<string>>();
  /** Bounded by the primary, which asks for a few things at once. */
  let early: { readonly id: number; readonly what: Question; readonly argument: string }[] = [];
  /** Each until its answer or deadline. */
  const waiting = new Map<number, Waiting>();
  const registrations = new Map<string, SharedState>();
  const roleReceivers: (() => void)[] = [];
  let onEnded: (gateway: string) => void = () => undefined;
  let isRegistrar = false;
  let connected = true;
  let asked = 0;

  async function answerTo(question: (typeof early)[number]): Promise<void> {
    const { id, what, argument } = question;
    const how = answers.get(what);
    if (how === undefined) return void early.push(question);
    send({ type: "answer", id, text: await how(argument).catch(() => null) });
  }

  return {
    ask(what, argument) {
      if (!connected) return Promise.reject(unavailable("has ended: this process is stopping"));
      const id = asked++;
      return new Promise((resolve, reject) => {
        const cancel = clock.after(deadlineMs[what] + marginMs, () => {
          waiting.delete(id);
          reject(unavailable(`did not answer within ${(deadlineMs[what] + marginMs) / 1000} s`));
        });
        waiting.set(id, {
          resolve(texts) {
            cancel();
            resolve(texts);
          },
          reject(error) {
            cancel();
            reject(error);
          },
        });
        send({ type: "ask", id, what, argument });
      });
    },
    answer(what, how) {
      answers.set(what, how);
      const now = early.filter((question) => question.what === what);
      early = early.filter((question) => question.what !== what);
      for (const question of now) void answerTo(question);
    },
    registrations: {
      whenRegistrar(receiver) {
        if (isRegistrar) receiver();
        else roleReceivers.push(receiver);
      },
      publish: (trunk, state) => send({ type: "registration", trunk, state }),
      of: (trunk) => registrations.get(trunk) ?? null,
    },
    endedProcesses: {
      announce: (gateway) => send({ type: "gateway", name: gateway }),
      onEnded(receiver) {
        onEnded = receiver;
      },
    },
    receive(message) {
      switch (message.type) {
        case "stop":
          return stop();
        case "reload":
          return reload(message.by);
        case "registrar":
          isRegistrar = true;
          for (const receiver of roleReceivers.splice(0)) receiver();
          return;
        case "question":
          void answerTo(message);
          return;
        case "answers":
          waiting.get(message.id)?.resolve(message.texts);
          waiting.delete(message.id);
          return;
        case "ended":
          return onEnded(message.gateway);
        case "registration":
          registrations.set(message.trunk, message.state);
      }
    },
    disconnected() {
      connected = false;
      for (const { reject } of waiting.values()) reject(unavailable("has ended: this process is stopping"));
      waiting.clear();
    },
  };
}

function unavailable(why: string): Refusal {
  const detail = `The other processes of this gateway could not be asked: their primary process ${why}.`;
  return new Refusal("processes_unavailable", detail, retryAfterMs);
}
