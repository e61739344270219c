/** Questions to several processes at once, each with a deadline. */
import type { Clock } from "../shared/clock.ts";
import type { Question } from "./messages.ts";

/** A scrape has 10 s by default; a reload reads files. */
export const deadlineMs: Readonly<Record<Question, number>> = { metrics: 2000, trace: 2000, reload: 10_000 };

export interface Questions {
  /** @returns by process, those that answered in time */
  ask(
    what: Question,
    processes: readonly number[],
    send: (id: number, process: number) => void,
  ): Promise<ReadonlyMap<number, string>>;
  /** @param text null: it cannot */
  answered(id: number, process: number, text: string | null): void;
  /** It ended: it answers nothing any more. */
  gone(process: number): void;
}

interface Open {
  readonly waiting: Set<number>;
  readonly answers: Map<number, string>;
  end(): void;
}

export function createQuestions(clock: Pick<Clock, "after">): Questions {
  const open = new Map<number, Open>();
  let asked = 0;

  function settle(question: Open | undefined, process: number, text: string | null): void {
    if (question === undefined || !question.waiting.delete(process)) return;
    if (text !== null) question.answers.set(process, text);
    if (question.waiting.size === 0) question.end();
  }

  return {
    ask(what, processes, send) {
      const id = asked++;
      return new Promise((resolve) => {
        const answers = new Map<number, string>();
        const end = () => {
          cancel();
          open.delete(id);
          resolve(answers);
        };
        const cancel = clock.after(deadlineMs[what], end);
        const question = { waiting: new Set(processes), answers, end };
        open.set(id, question);
        if (processes.length === 0) end();
        for (const process of processes) send(id, process);
      });
    },
    answered: (id, process, text) => settle(open.get(id), process, text),
    gone(process) {
      for (const question of [...open.values()]) settle(question, process, null);
    },
  };
}
