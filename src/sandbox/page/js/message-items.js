/** How a message looks on the phone. Everything in it is set as text. */
import { clockTime } from "./clock.js";
import { element, say } from "./dom.js";
import { shortened } from "./numbers.js";

/** A code stands alone between things that are no digits. */
const codePattern = /(?<!\d)\d{4,10}(?!\d)/;

/** A text as nodes, its code marked. */
function marked(text) {
  const found = codePattern.exec(text);
  if (!found) return [text];
  const end = found.index + found[0].length;
  return [text.slice(0, found.index), element("b", {}, found[0]), text.slice(end)];
}

function facts({ to, details }) {
  const words = Object.entries(details).map(([name, value]) => `${name}: ${value}`);
  return element("p", { className: "facts" }, [shortened(to), ...words].join(" · "));
}

function head({ from, at }, title) {
  return element(
    "p",
    { className: "message-head" },
    element("span", { className: "message-from" }, title ?? from ?? ""),
    element("time", { dateTime: at }, clockTime(new Date(at))),
  );
}

/** Right-to-left texts stand as they are read. */
function body(className, text) {
  return element("p", { className, dir: "auto" }, ...marked(text));
}

/** A text in a bubble. */
export function bubble(message) {
  return [head(message), body("bubble", message.text), facts(message)];
}

/** The button of messages from a template for codes. */
export function copyCode({ text }) {
  const code = codePattern.exec(text)?.[0];
  const button = element("button", { type: "button", className: "copy-code", textContent: "Copy code" });
  button.disabled = !code;
  button.addEventListener("click", async () => {
    await navigator.clipboard?.writeText(code).catch(() => {});
    button.textContent = "Copied";
    say("Code copied");
  });
  return button;
}

/** A mail: subject and text; the HTML part opens in a frame. */
export function mail(message, { open }) {
  const parts = [
    head(message),
    element("p", { className: "subject", dir: "auto" }, message.subject ?? "(no subject)"),
    body("mail-text", message.text),
    facts(message),
  ];
  if (!message.has_html) return parts;
  const button = element("button", { type: "button", className: "copy-code", textContent: "Open as HTML" });
  button.addEventListener("click", () => open(message));
  return [...parts, button];
}

/** A notification. */
export function notification(message) {
  const card = element(
    "div",
    { className: "notification" },
    head(message, message.subject ?? message.from ?? "Your app"),
    body("notification-text", message.text),
  );
  return [card, facts(message)];
}
