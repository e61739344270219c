/** Sends OPTIONS to one trunk, again and again. */
import type { Random } from "../../shared/random.ts";
import { type ExchangeParts, type ExchangeResult, exchange } from "../exchange/exchange.ts";
import type { Flow } from "../transport/port.ts";
import { type OptionsParts, optionsAnswerMs, optionsRequest } from "./options-request.ts";
import type { Qualified, Qualifier, QualifyStatus } from "./port.ts";
import { judge, noVerdict, pauseMs, type Verdict } from "./verdict.ts";

export interface QualifierParts extends ExchangeParts, OptionsParts {
  readonly qualified: Qualified;
  readonly random: Random;
  /** Up or down now. */
  readonly onChange?: (status: QualifyStatus) => void;
}

export function createQualifier(parts: QualifierParts): Qualifier {
  const { qualified, random, clock, onChange } = parts;
  const request = {
    ...{ hop: qualified.hop, answerMs: optionsAnswerMs },
    write: (flow: Flow) => optionsRequest(parts, flow),
  };
  let verdict: Verdict = noVerdict;
  let last: Omit<QualifyStatus, "reach"> = { roundTripMs: null, status: null, failure: null };
  let stopTimer: () => void = () => undefined;
  let state: "idle" | "running" | "stopped" = "idle";

  function take(result: ExchangeResult): void {
    if (result.kind === "response") {
      last = { roundTripMs: result.roundTripMs, status: result.response.status, failure: null };
    } else {
      last = { ...last, status: null, failure: result.why };
    }
    const before = verdict.reach;
    verdict = judge(verdict, last.status);
    if (verdict.reach !== before) onChange?.({ reach: verdict.reach, ...last });
  }

  async function probe(): Promise<void> {
    try {
      take(await exchange(parts, request));
    } catch (error) {
      // A fault of ours says nothing of the trunk.
      last = { ...last, status: null, failure: error instanceof Error ? error.name : "unknown error" };
    }
    if (state !== "running") return;
    const ms = pauseMs(verdict, qualified.everyMs);
    // Trunks of one configuration are not asked in step.
    stopTimer = clock.after(ms - random.below(Math.floor(ms / 10) + 1), () => void probe());
  }

  return {
    start() {
      if (state !== "idle" || qualified.everyMs <= 0) return;
      state = "running";
      void probe();
    },
    stop() {
      state = "stopped";
      stopTimer();
    },
    status: () => ({ reach: verdict.reach, ...last }),
  };
}
