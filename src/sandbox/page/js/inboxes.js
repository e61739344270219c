/** The phone's inboxes: messages as they arrive, newest first, an app for each channel that has one. */
import { viewOf } from "./channels/index.js";
import { byId, element, say } from "./dom.js";

const MAX_MESSAGES = 100;

/** @param show `(screen) => void` shows one of the phone's screens: "inbox" or "mail" */
export function createInboxes(show) {
  /** Newest first. */
  let messages = [];
  /** The message that arrived last, to be marked. */
  let newestId = null;

  byId("mail-back").addEventListener("click", () => {
    show("inbox");
    byId("tabs").querySelector('[aria-selected="true"]').focus();
  });

  function open({ id }) {
    byId("mail").src = `/sandbox/messages/${encodeURIComponent(id)}/html`;
    show("mail");
    byId("mail-back").focus();
  }

  function item(message, inbox) {
    const className = message.id === newestId ? "message newest" : "message";
    return element("li", { className }, ...inbox.item(message, { open }));
  }

  return {
    replace(all) {
      messages = all;
    },
    add(message) {
      messages = [message, ...messages].slice(0, MAX_MESSAGES);
      newestId = message.id;
      say(`${viewOf(message.channel).inbox?.title ?? message.channel}: ${message.text}`);
    },
    /** Draws the inbox of a channel. */
    draw(channel) {
      const { inbox } = viewOf(channel);
      const own = messages.filter((message) => message.channel === channel);
      byId("inbox-title").textContent = inbox.title;
      byId("screen-inbox").dataset.look = inbox.look ?? "";
      byId("inbox").replaceChildren(...own.map((message) => item(message, inbox)));
      byId("inbox").hidden = own.length === 0;
      byId("inbox-empty").hidden = own.length > 0;
      byId("inbox-empty").textContent = inbox.empty;
    },
    /** The messages of one delivery's channel to its recipient since a time, newest first. */
    of(channel, to, sinceMs) {
      return messages.filter(
        (message) => message.channel === channel && message.to === to && Date.parse(message.at) >= sinceMs,
      );
    },
  };
}
