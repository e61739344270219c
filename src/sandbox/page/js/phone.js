/** The simulated phone: calls and messages as they arrive, its apps, and what the person does with a call. */
import { createCallLog, recipientOf } from "./call-log.js";
import { viewOf } from "./channels/index.js";
import { clockTime } from "./clock.js";
import { byId, say } from "./dom.js";
import { createInboxes } from "./inboxes.js";
import { spaced, splitCallerId } from "./numbers.js";
import { createTabs } from "./tabs.js";
import { createTalk } from "./talk.js";
import { captions, captionsOfTwo, incomingWords, nextWords, ordinals } from "./words.js";

const ENDED_SHOWN_MS = 1500;
const standardCaption = "Calls and messages arrive here live.";
const recents = {
  name: "calls",
  title: "Recents",
  icon: "M6 3h4l1.5 5-2.5 1.5a11 11 0 0 0 5.5 5.5L16 12.5l5 1.5v4a2 2 0 0 1-2 2A16 16 0 0 1 4 5a2 2 0 0 1 2-2z",
};
const screens = ["log", "inbox", "mail", "call"];

/**
 * @param settings of the sandbox
 * @param act `(callId, verb, body?) => Promise`
 * @param getCurrent gives the verification that is followed, or null
 * @param goOn moves the focus from a button that is no longer shown to the next step
 */
export function createPhone(settings, act, getCurrent, goOn) {
  const log = createCallLog(settings.caller_id, getCurrent);
  const talk = createTalk(act);
  const inboxes = createInboxes(showScreen);
  const apps = settings.channels.flatMap((name) => {
    const { inbox } = viewOf(name);
    return inbox ? [{ name, ...inbox }] : [];
  });
  const tabs = createTabs([recents, ...apps], showApp);
  let shownCall = null;
  let hideEnded = null;

  const press = (verb) => async () => {
    if (!shownCall) return;
    if (verb === "answer") talk.prepare();
    // A failure means that the call has ended: the next event shows how.
    await act(shownCall.id, verb).catch(() => {});
  };
  byId("answer").addEventListener("click", press("answer"));
  byId("decline").addEventListener("click", press("decline"));
  tabs.select(recents.name);
  tick();
  setInterval(tick, 5000);

  return {
    /** The whole log, newest first. */
    replace(all) {
      log.replace(all);
      draw();
    },
    /** One call began or changed. */
    update(call) {
      log.update(call);
      announce(call);
      draw();
    },
    /** All messages, newest first. */
    replaceMessages(all) {
      inboxes.replace(all);
      tabs.select(tabs.selected);
    },
    /** A message arrived: its app comes into sight, unless a call is. */
    receive(message) {
      inboxes.add(message);
      if (shownCall) tabs.addUnread(message.channel);
      else tabs.select(apps.some(({ name }) => name === message.channel) ? message.channel : tabs.selected);
      if (!shownCall) byId("phone-caption").textContent = standardCaption;
    },
    /** The followed verification changed. */
    redraw: draw,
    /** The code as the phone shows it; null until it does. */
    shownCode() {
      const current = getCurrent();
      if (!current) return null;
      const { shownCode } = viewOf(current.channel);
      const sinceMs = Date.parse(current.created_at);
      const messages = () => inboxes.of(current.channel, recipientOf(current), sinceMs);
      return shownCode ? shownCode(current, { messages: messages() }) : log.code(current);
    },
    /** The newest call to the number in sight; null: none. */
    newestCall() {
      const current = getCurrent();
      return current && log.newestOf(current);
    },
  };

  function showScreen(name) {
    for (const screen of screens) byId(`screen-${screen}`).hidden = screen !== name;
    tabs.hidden = name === "call";
  }

  function showApp(name) {
    const app = name === recents.name ? "log" : "inbox";
    const panel = byId(`screen-${app}`);
    panel.role = "tabpanel";
    panel.setAttribute("aria-labelledby", `tab-${name}`);
    if (app === "inbox") inboxes.draw(name);
    if (!shownCall) showScreen(app);
  }

  function draw() {
    const { calls } = log;
    const up = calls.find(({ state, ended_at: endedAt }) => state === "answered" && endedAt === null);
    const ringing = calls.find(({ state }) => state === "ringing");
    const ended = calls.find(({ id, state }) => state === "answered" && id === shownCall?.id);
    if (up) showCall(up, "answered", isTalk(up) ? "Connected" : "Answered; OneRing hangs up …");
    else if (ringing) showCall(ringing, "ringing", incomingWords[log.ordinal(ringing) ?? 0]);
    else if (ended) {
      showCall(ended, "ended", isTalk(ended) ? "Call ended" : "Answered; OneRing hangs up …");
      hideEnded ??= setTimeout(showLog, ENDED_SHOWN_MS);
    } else showLog();
    byId("phone-caption").textContent = calls[0] ? captionOf(calls[0]) : standardCaption;
    log.draw();
  }

  /** Whether this call is to be answered: those of missed calls are not. */
  function isTalk(call) {
    const current = getCurrent();
    if (current === null || recipientOf(current) !== call.to) return true;
    return viewOf(current.channel).talks === true;
  }

  function showCall(call, screen, kind) {
    const hadFocus = byId("screen-call").contains(document.activeElement);
    const isOther = shownCall?.id !== call.id || byId("phone").dataset.screen !== screen;
    // A code is read from the screen meanwhile: the text stays where the keys stand.
    if (isOther) byId("call-kind").textContent = kind;
    shownCall = call;
    byId("phone").dataset.screen = screen;
    byId("call-from").replaceChildren(...log.callerIdNodes(call));
    byId("call-to").textContent = `for ${spaced(call.to)}`;
    byId("call-buttons").hidden = screen !== "ringing";
    showScreen("call");
    const talks = screen === "answered" && isTalk(call);
    if (talks) talk.begin(call.id);
    else talk.end();
    if (hadFocus && isOther && screen !== "ringing") (talks ? talk : { focus: goOn }).focus();
  }

  function showLog() {
    clearTimeout(hideEnded);
    hideEnded = null;
    // A focused button is about to be hidden: move the focus to the next step.
    const hadFocus = byId("screen-call").contains(document.activeElement);
    if (!byId("screen-call").hidden) {
      shownCall = null;
      talk.end();
      tabs.select(recents.name);
    }
    byId("phone").dataset.screen = "log";
    if (hadFocus) goOn();
  }

  /** The words for a call's state under the phone: the channel's own, else those of a missed call. */
  function wordsOf(call) {
    const state = call.state === "answered" && call.ended_at ? "ended" : call.state;
    const own = getCurrent() && viewOf(getCurrent().channel).captions;
    return own?.[state] ?? captions[state];
  }

  function captionOf(call) {
    const current = getCurrent();
    // A call to another number says nothing about the verification in sight.
    if (current && recipientOf(current) !== call.to) return standardCaption;
    const which = log.ordinal(call);
    return which && call.state === "missed" ? captionsOfTwo[which] : wordsOf(call);
  }

  function announce(call) {
    const from = splitCallerId(call.caller_id, settings.caller_id).join(" ");
    const which = log.ordinal(call);
    const prefix = which ? `${ordinals[which]}. ` : "";
    const talks = isTalk(call);
    if (call.state === "ringing") say(`${prefix}The phone rings. Caller ID ${from}.`);
    else if (call.state === "missed" && !talks)
      say(`${prefix}Missed call from ${from}. ${nextWords(which, settings.caller_id.digits)}`);
    else if (call.state !== "dialing") say(wordsOf(call));
  }
}

function tick() {
  byId("phone-clock").textContent = clockTime(new Date());
}
