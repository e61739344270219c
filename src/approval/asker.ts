/** Asks one app's backend: with its own connections and bounds, so that no app's backend takes anything from another one's. */

import { createOutgoingHttp } from "../outgoing-http/client.ts";
import { resolveForUsers } from "../outgoing-http/dns-resolve.ts";
import { OutgoingHttpError } from "../outgoing-http/failure.ts";
import { createGate } from "../outgoing-http/gate.ts";
import type { OutgoingHttp } from "../outgoing-http/request.ts";
import type { Clock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import { version } from "../shared/version.ts";
import { signedHeaders } from "../webhooks/signature.ts";
import { type ApprovalAnswer, readAnswer } from "./answer.ts";

/** An answer is a few words. */
const maxAnswerBytes = 4096;
/** Never reached: `max_concurrent` bounds it. */
const perSecond = 100_000;

export interface AskerSettings {
  readonly url: string;
  readonly timeoutMs: number;
  readonly maxConcurrent: number;
  /** `whsec_…`; each signs. */
  readonly secrets: readonly string[];
  readonly allowPrivate: boolean;
}

/** No answer that counts. @property why for logs: a word */
export type Asked = ApprovalAnswer | { readonly action: "none"; readonly why: string };

export interface Asker {
  /** Never rejects, asks once. @param id of the question, for the receiver to recognise it */
  ask(id: string, body: string): Promise<Asked>;
  /** Another one asks from now on: it ends once nothing is in progress. */
  retire(): void;
  /** Ends what is in progress, too. */
  close(): void;
}

export function createAsker(settings: AskerSettings, clock: Clock, random: Random, client?: OutgoingHttp): Asker {
  const { url, timeoutMs, maxConcurrent, secrets, allowPrivate } = settings;
  const http =
    client ??
    createOutgoingHttp({
      ...{ clock, allowPrivate, deadlineMs: timeoutMs },
      resolve: resolveForUsers(allowPrivate),
      maxConcurrent,
      maxResponseBytes: maxAnswerBytes,
    });
  const target = new URL(url);
  /** A backend that is down is not waited for each time: it is looked for again after growing pauses. */
  const gate = createGate({ clock, random, perSecond });
  let inProgress = 0;

  async function request(id: string, body: string): Promise<Asked> {
    const headers = {
      "content-type": "application/json",
      "user-agent": `OneRing/${version}`,
      ...signedHeaders({ id, timestampMs: clock.nowMs(), body }, secrets),
    };
    try {
      const response = await http.request({ method: "POST", url: target, headers, body });
      const answer = readAnswer(response);
      gate.result(answer === null && response.status >= 500 ? { kind: "down", retryAfterMs: null } : { kind: "fine" });
      return answer ?? { action: "none", why: `status ${response.status}, or an answer of another form` };
    } catch (error) {
      gate.result({ kind: "down", retryAfterMs: null });
      return { action: "none", why: error instanceof OutgoingHttpError ? error.kind : "unreachable" };
    }
  }

  return {
    async ask(id, body) {
      if (inProgress >= maxConcurrent) return { action: "none", why: "busy" };
      if (!gate.enter().open) return { action: "none", why: "down" };
      inProgress++;
      try {
        return await request(id, body);
      } finally {
        inProgress--;
      }
    },
    retire: () => http.retire(),
    close: () => http.close(),
  };
}
