/** The first step: a number, a channel that the gateway offers, and the channel's options. */
import { viewOf } from "./channels/index.js";
import { byId, element } from "./dom.js";
import { plain, spaced } from "./numbers.js";

/** @param settings of the sandbox @param onChange called whenever something in the form changed */
export function createForm(settings, onChange) {
  const [standard] = settings.channels;
  const choices = settings.channels.map((name) => {
    const view = viewOf(name);
    const input = element("input", { type: "radio", name: "channel", value: name, checked: name === standard });
    input.addEventListener("change", draw);
    return { view, input, options: view.options?.(settings, draw) ?? null };
  });
  byId("channels").append(
    ...choices.map(({ view, input }) => element("label", {}, input, element("span", {}, view.title))),
  );
  byId("channels").hidden = choices.length < 2;
  byId("channel-options").replaceChildren(...choices.flatMap(({ options }) => (options ? [options.node] : [])));

  const chosen = () => choices.find(({ input }) => input.checked);

  function draw() {
    for (const choice of choices) if (choice.options) choice.options.node.hidden = choice !== chosen();
    byId("ring").textContent = chosen().view.startLabel(chosen().options?.values() ?? {});
    onChange();
  }

  return {
    draw,
    get view() {
      return chosen().view;
    },
    /** The body that starts a verification. @param to the number: as typed, or its digits for a command */
    request(to = byId("to").value.trim()) {
      const { view, options } = chosen();
      return { to, ...(view.name !== standard && { channel: view.name }), ...options?.values() };
    },
    commandRequest() {
      return this.request(plain(byId("to").value));
    },
    /** Fills it in for another start. */
    set(to, channel) {
      byId("to").value = spaced(to);
      for (const { input } of choices) input.checked = input.value === channel;
      draw();
    },
  };
}
