/** The first step: a recipient, the channels in their order, and the first channel's options. */
import { viewOf } from "./channels/index.js";
import { byId, element } from "./dom.js";
import { createNextSteps } from "./next-steps.js";
import { spaced } from "./numbers.js";
import { createRecipients, written } from "./recipients.js";

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
  byId("add-step").hidden = choices.length < 2;
  byId("channel-options").replaceChildren(...choices.flatMap(({ options }) => (options ? [options.node] : [])));
  const recipients = createRecipients(settings.examples);
  const nextSteps = createNextSteps(settings, changed, () => recipients.shown);

  const chosen = () => choices.find(({ input }) => input.checked);

  function draw() {
    recipients.show(chosen().view.recipient ?? "phone");
    nextSteps.draw();
  }

  function changed() {
    for (const choice of choices) if (choice.options) choice.options.node.hidden = choice !== chosen();
    const label = chosen().view.startLabel(chosen().options?.values() ?? {});
    byId("ring").textContent = nextSteps.channels.length > 0 ? "Start the workflow" : label;
    onChange();
  }

  return {
    draw,
    get view() {
      return chosen().view;
    },
    /** Kind of the first step's recipient. */
    get recipient() {
      return recipients.shown;
    },
    /** Channels of all steps. */
    get channels() {
      return [chosen().view.name, ...nextSteps.channels];
    },
    get startTitle() {
      return nextSteps.channels.length > 0 ? "Start the workflow" : chosen().view.startTitle;
    },
    /** The body that starts a verification. @param to the recipient: as typed, or as a command has it */
    request(to = byId("to").value.trim()) {
      const { view, options } = chosen();
      const workflow = nextSteps.workflow(view.name);
      return {
        to,
        ...(workflow ? { workflow } : view.name !== standard && { channel: view.name }),
        ...options?.values(),
      };
    },
    commandRequest() {
      return this.request(written(recipients.shown, byId("to").value));
    },
    /** Fills it in for another start, by one channel. */
    set(to, channel) {
      for (const { input } of choices) input.checked = input.value === channel;
      nextSteps.clear();
      draw();
      byId("to").value = spaced(to);
      onChange();
    },
  };
}
