/** The sandbox's event stream; the browser reconnects by itself, and each connection starts with a snapshot. */

/**
 * @param on.calls gets the whole call log, newest first
 * @param on.call gets a call that began or changed
 * @param on.messages gets all messages, newest first
 * @param on.message gets a message that arrived
 * @param on.verification gets the id of the sandbox's newest verification, or null
 */
export function followSandbox(on) {
  const source = new EventSource("/sandbox/events");
  source.addEventListener("calls", (event) => on.calls(JSON.parse(event.data)));
  source.addEventListener("call", (event) => on.call(JSON.parse(event.data)));
  source.addEventListener("messages", (event) => on.messages(JSON.parse(event.data)));
  source.addEventListener("message", (event) => on.message(JSON.parse(event.data)));
  source.addEventListener("verification", (event) => on.verification(JSON.parse(event.data).id));
}
