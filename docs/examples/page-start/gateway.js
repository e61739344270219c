/** What a page asks of the gateway. Tokens go in a header, never in a URL, which servers and proxies log. */
import { solve } from "./proof-of-work.js";

const retryMs = 1000;

async function ask(gateway, token, method, path, body, headers = {}) {
  const response = await fetch(`${gateway}/v1/verifications${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (response.ok) return answer;
  throw Object.assign(new Error(answer.detail), { code: answer.code });
}

/**
 * Begins the verification that a start token is for.
 * @param start the answer of `POST /v1/start-tokens`, and the gateway's address
 */
export async function begin(start, to) {
  const { gateway, token, human_check: task } = start;
  // Turnstile, hCaptcha or reCAPTCHA: render the widget with task.site_key and take its answer instead.
  const human = task?.provider === "proof_of_work" ? { human_check: await solve(task) } : {};
  // The same key again, where the answer was lost, leads to the same verification.
  const once = { "idempotency-key": crypto.randomUUID() };
  const started = await ask(gateway, token, "POST", "", { to, ...human }, once);
  const { id, token: client } = started;
  return {
    started,
    state: () => ask(gateway, client, "GET", `/${id}`),
    check: (code) => ask(gateway, client, "POST", `/${id}/check`, { code }),
    resend: (channel) => ask(gateway, client, "POST", `/${id}/resend`, { channel }),
    cancel: () => ask(gateway, client, "POST", `/${id}/cancel`),
    watch: (onEvent) => watch(gateway, client, id, onEvent),
  };
}

/** Events until the end, by server-sent events. EventSource cannot send a token, so the stream is read with fetch. */
async function watch(gateway, token, id, onEvent) {
  for (let last = null; ; ) {
    try {
      const response = await fetch(`${gateway}/v1/verifications/${id}/events`, {
        headers: { authorization: `Bearer ${token}`, ...(last && { "last-event-id": last }) },
      });
      // 204: it has ended, and all was seen.
      if (response.status !== 200) return;
      let rest = "";
      for await (const text of textOf(response)) {
        const blocks = (rest + text).split("\n\n");
        rest = blocks.pop();
        for (const block of blocks) {
          const field = (name) => block.split("\n").find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
          if (field("data") === undefined) continue;
          last = field("id") ?? last;
          onEvent(JSON.parse(field("data")));
          if (field("event") === "verification.ended") return;
        }
      }
    } catch {
      // The connection broke: again from the last event on.
    }
    await new Promise((resume) => setTimeout(resume, retryMs));
  }
}

async function* textOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}
