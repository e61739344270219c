/** A live event stream of the API. EventSource cannot send an API key, so this reads it with fetch, as an app's page would. */

const RETRY_MS = 2000;

/**
 * Follows a stream until it is complete: reconnects after its last event, so that none is missed.
 * @param onChange called with each event, and with null where events may have passed: after a connection that failed, and at the end
 * @returns ends it
 */
export function followEvents(path, key, onChange) {
  const controller = new AbortController();
  const { signal } = controller;
  let lastEventId = null;
  let retryMs = RETRY_MS;

  async function connect() {
    const headers = { authorization: `Bearer ${key}`, ...(lastEventId && { "last-event-id": lastEventId }) };
    const response = await fetch(path, { headers, signal, cache: "no-store" });
    // The stream of something that has ended, and all of it is known.
    if (response.status === 204) {
      controller.abort();
      return onChange(null);
    }
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      const blocks = `${rest}${value}`.split("\n\n");
      rest = blocks.pop();
      blocks.forEach(take);
    }
  }

  function take(block) {
    const lines = block.split("\n").map((line) => /^(id|event|data|retry): ?(.*)$/.exec(line) ?? []);
    const { id, data, retry } = Object.fromEntries(lines.map(([, name, value]) => [name, value]));
    lastEventId = id ?? lastEventId;
    retryMs = Number(retry) || retryMs;
    if (data) onChange(JSON.parse(data));
  }

  async function run() {
    while (!signal.aborted) {
      try {
        await connect();
      } catch {
        if (!signal.aborted) onChange(null);
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }

  run();
  return () => controller.abort();
}
