/** Small helpers around the document. Everything is set as text, never as HTML. */

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** A new element with properties and children. */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** Announces a text to screen readers, politely. */
export function say(text) {
  if (byId("say").textContent !== text) byId("say").textContent = text;
}

/** Announces a text to screen readers at once. */
export function sayNow(text) {
  // An unchanged text would not be announced a second time.
  byId("alert").textContent = "";
  byId("alert").append(text);
}
