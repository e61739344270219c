/** The buttons below a verification: what the phone can do, the next channels, another start, cancel. */
import { viewOf } from "./channels/index.js";
import { byId, element } from "./dom.js";
import { isEnded } from "./status.js";
import { duration } from "./words.js";

/**
 * @param on.run runs `(api) => Promise`, the phone's part of a channel
 * @param on.resend gets a channel's name @param on.restart gets a channel's name: a new verification of the same number
 * @param on.cancel
 * @param offered names of the gateway's channels
 */
export function createActions(offered, on) {
  let buttons = [];
  let drawnKey = "";
  setInterval(drawWaits, 250);

  /** `[{label, press, availableAtMs?, waits?}]`. */
  function actionsOf(v) {
    if (v.status === "verified") return [];
    if (isEnded(v)) return restarts(v);
    const view = viewOf(v.channel);
    const own = (view.actions?.(v) ?? []).map(({ label, run }) => ({ label, press: () => on.run(run) }));
    const next = v.next_channels.map(({ channel, available_at: at }) => ({
      label: labelOf(channel, v.channel),
      press: () => on.resend(channel),
      availableAtMs: Date.parse(at),
      waits: view.isBusy(v),
    }));
    return [...own, ...next, { label: "Cancel", press: on.cancel }];
  }

  /** After a failed end `next_channels` is empty: each channel of the gateway may begin a new verification. */
  function restarts(v) {
    const { recipient } = viewOf(v.channel);
    const others = offered.filter((channel) => channel !== v.channel && viewOf(channel).recipient === recipient);
    return [
      { label: "Try again", press: () => on.restart(v.channel) },
      ...others.map((channel) => ({ label: viewOf(channel).instead, press: () => on.restart(channel) })),
    ];
  }

  function drawWaits() {
    for (const { button, label, availableAtMs = 0, waits = false } of buttons) {
      const leftMs = availableAtMs - Date.now();
      button.disabled = waits || leftMs > 0;
      button.textContent = leftMs > 0 ? `${label} in ${duration(leftMs / 1000)}` : label;
    }
  }

  return {
    draw(v) {
      const actions = actionsOf(v);
      const key = JSON.stringify([v.id, v.delivery.number, actions.map(({ label }) => label)]);
      // The same buttons stay, and so does the focus.
      if (key === drawnKey) buttons = buttons.map(({ button }, index) => ({ ...actions[index], button }));
      else {
        buttons = actions.map((action) => ({ ...action, button: made() }));
        byId("actions").replaceChildren(...buttons.map(({ button }) => button));
      }
      for (const { button, press } of buttons) button.onclick = press;
      drawnKey = key;
      byId("actions").hidden = buttons.length === 0;
      drawWaits();
    },
  };
}

const labelOf = (channel, newest) => (channel === newest ? viewOf(channel).again : viewOf(channel).instead);
const made = () => element("button", { type: "button", className: "quiet" });
