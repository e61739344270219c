/** The conversation as curl commands, always ready to be pasted into a shell. */
import { byId, element, say } from "./dom.js";
import { startRequest } from "./numbers.js";

const COPIED_SHOWN_MS = 1600;

/** @param key the API key */
export function createCommands(key) {
  const curl = (path, body) =>
    [
      `curl -sS -H 'Authorization: Bearer ${key}'`,
      ...(body ? ["-H 'Content-Type: application/json'", `-d '${JSON.stringify(body)}'`] : []),
      `${location.origin}${path}`,
    ].join(" \\\n  ");

  const commands = [
    { title: "Ring the number", text: ({ to, calls }) => curl("/v1/verifications", startRequest(to, calls)) },
    {
      title: "See how the call goes",
      text: ({ id }) => id && curl(`/v1/verifications/${id}`),
      waiting: "# ready once a number was called",
    },
    {
      title: "Look at the phone, as only the sandbox can",
      text: () => `curl -sS ${location.origin}/sandbox/calls`,
    },
    {
      title: "Check the digits",
      text: ({ id, code }) => id && code && curl(`/v1/verifications/${id}/check`, { code }),
      waiting: "# ready once the phone has seen the call",
    },
  ].map((command) => ({ ...command, ...render(command) }));
  byId("commands").replaceChildren(...commands.map(({ item }) => item));

  return {
    /** @param values.to callee · values.calls 1 or 2 · values.id of the verification, or null · values.code or null */
    update(values) {
      for (const { text, waiting, code, copy, item } of commands) {
        const line = text(values);
        code.textContent = line || waiting;
        copy.disabled = !line;
        item.classList.toggle("waiting", !line);
      }
    },
  };
}

function render({ title }) {
  const code = element("code");
  const copy = element("button", { type: "button", className: "quiet", textContent: "Copy" });
  copy.setAttribute("aria-label", `Copy: ${title}`);
  copy.addEventListener("click", async () => {
    await copyText(code);
    copy.textContent = "Copied";
    say("Copied");
    setTimeout(() => {
      copy.textContent = "Copy";
    }, COPIED_SHOWN_MS);
  });
  // Long lines scroll inside, so the keyboard must be able to get there.
  const pre = element("pre", { tabIndex: 0 }, code);
  pre.setAttribute("role", "region");
  pre.setAttribute("aria-label", `Command: ${title}`);
  const head = element("div", { className: "command-head" }, element("span", {}, title), copy);
  return { item: element("li", { className: "command" }, head, pre), code, copy };
}

async function copyText(node) {
  try {
    await navigator.clipboard.writeText(node.textContent);
  } catch {
    // No clipboard here (an old browser, a denied permission): select it, so that Ctrl+C does it.
    getSelection().selectAllChildren(node);
  }
}
