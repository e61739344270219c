/** The other processes of this gateway, as one of them sees them: over its channel to the primary. */
import type { SharedRegistrations, SharedState } from "../telephony/sip-trunks/shared-registration.ts";
import type { FromProcess, Question, ToProcess } from "./messages.ts";

/** How a gateway asks the other processes, and answers them. */
export interface Peers {
  /** What they answered in time, and what the primary adds. Never rejects. */
  ask(what: Question, argument: string): Promise<readonly string[]>;
  /** Sets what answers the others; what they asked before waits for it. Where it rejects there is no answer. */
  answer(what: Question, how: (argument: string) => Promise<string>): void;
  readonly registrations: SharedRegistrations;
}

export interface PeersParts {
  readonly send: (message: FromProcess) => void;
  readonly stop: () => void;
  readonly reload: (by: string) => void;
}

/** @returns `receive` takes each message of the primary */
export function createPeers({ send, stop, reload }: PeersParts): Peers & { receive(message: ToProcess): void } {
  const answers = new Map<Question, (argument: string) => Promise<string>>();
  /** Bounded by the primary, which asks for a few things at once. */
  let early: { readonly id: number; readonly what: Question; readonly argument: string }[] = [];
  const waiting = new Map<number, (texts: readonly string[]) => void>();
  const registrations = new Map<string, SharedState>();
  const roleReceivers: (() => void)[] = [];
  let isRegistrar = false;
  let asked = 0;

  async function answerTo(question: (typeof early)[number]): Promise<void> {
    const { id, what, argument } = question;
    const how = answers.get(what);
    if (how === undefined) return void early.push(question);
    send({ type: "answer", id, text: await how(argument).catch(() => null) });
  }

  return {
    ask(what, argument) {
      const id = asked++;
      send({ type: "ask", id, what, argument });
      // The primary has a deadline; where it is gone this process ends.
      return new Promise((resolve) => waiting.set(id, resolve));
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
          waiting.get(message.id)?.(message.texts);
          waiting.delete(message.id);
          return;
        case "registration":
          registrations.set(message.trunk, message.state);
      }
    },
  };
}
