/** The conversation as curl commands, ready to be pasted into a shell. */
import { viewOf } from "./channels/index.js";
import { byId, element, say } from "./dom.js";

const COPIED_SHOWN_MS = 1600;
const none = "# available once a verification was started";

/** @param key the API key */
export function createCommands(key) {
  let shown = [];

  function curl({ path, body, method, output, stream }) {
    const headers = [
      ...(method && !body ? [`-X ${method}`] : []),
      ...(output ? [`-o ${output}`] : []),
      ...(path.startsWith("/v1/") ? [`-H 'Authorization: Bearer ${key}'`] : []),
      ...(body ? ["-H 'Content-Type: application/json'", `-d '${JSON.stringify(body)}'`] : []),
    ];
    const [first, ...rest] = [...headers, `${location.origin}${path}`];
    return [`curl -sS${stream ? "N" : ""} ${first}`, ...rest].join(" \\\n  ");
  }

  /** The commands that every channel has, then the channel's own. A command without all it needs has no line. */
  function commandsOf({ form, current, code, call }) {
    const own = viewOf(current?.channel ?? form.view.name).commands?.(current, { code, call }) ?? [];
    const path = "/v1/verifications";
    return [
      { title: form.startTitle, line: curl({ path, body: form.commandRequest() }) },
      { title: "Read the status", line: current && curl({ path: `${path}/${current.id}` }), waiting: none },
      {
        title: "Follow it live",
        line: current && curl({ path: `${path}/${current.id}/events`, stream: true }),
        waiting: none,
      },
      ...own.map((command) => {
        const isReady = command.path && (!("body" in command) || command.body);
        return { ...command, line: isReady ? curl(command) : null };
      }),
    ];
  }

  return {
    /** @param values.form from form.js · values.current verification or null · values.code that the phone shows, values.call that is its newest, or null */
    update(values) {
      const commands = commandsOf(values);
      if (shown.map(({ title }) => title).join() !== commands.map(({ title }) => title).join()) {
        shown = commands.map(({ title }) => ({ title, ...render(title) }));
        byId("commands").replaceChildren(...shown.map(({ item }) => item));
      }
      commands.forEach(({ line, waiting }, index) => {
        const { code, copy, item } = shown[index];
        code.textContent = line || waiting;
        copy.disabled = !line;
        item.classList.toggle("waiting", !line);
      });
    },
  };
}

function render(title) {
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
  // Long lines scroll inside, so the block must be reachable by keyboard.
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
    // No clipboard (an old browser, a denied permission): select it, so that Ctrl+C works.
    getSelection().selectAllChildren(node);
  }
}
