/** The workflow's steps after the first: a channel each, after a wait, with a recipient of its own where it needs one. */
import { viewOf } from "./channels/index.js";
import { byId, element } from "./dom.js";
import { attributesOf, kindOf, written } from "./recipients.js";

const MAX_STEPS = 5;
const DEFAULT_WAIT_SECONDS = 10;

/** @param settings of the sandbox @param onChange called whenever a step changed @param getRecipient kind of the first step's */
export function createNextSteps(settings, onChange, getRecipient) {
  let rows = [];
  byId("add-step").addEventListener("click", () => {
    add(unusedChannel());
    rows.at(-1).channel.focus();
  });

  function unusedChannel() {
    const used = new Set([
      byId("channels").querySelector("input:checked")?.value,
      ...rows.map(({ channel }) => channel.value),
    ]);
    const same = settings.channels.filter((name) => viewOf(name).recipient === getRecipient());
    return (
      same.find((name) => !used.has(name)) ?? settings.channels.find((name) => !used.has(name)) ?? settings.channels[0]
    );
  }

  function add(name) {
    const options = settings.channels.map((value) => element("option", { value, textContent: viewOf(value).title }));
    const channel = element("select", { onchange: draw }, ...options);
    channel.value = name;
    const wait = element("input", { type: "number", min: 1, max: 600, value: DEFAULT_WAIT_SECONDS, oninput: onChange });
    wait.required = true;
    const to = element("input", { autocomplete: "off", spellcheck: false, oninput: onChange });
    const remove = element("button", { type: "button", className: "quiet", textContent: "Remove" });
    const toLabel = element("label", { className: "step-own-to" }, element("span"), to);
    const node = element(
      "li",
      { className: "next-step" },
      element("label", {}, element("span", {}, "Then"), channel),
      element("label", { className: "step-wait" }, element("span", {}, "after"), wait, element("span", {}, "s")),
      remove,
      toLabel,
    );
    const row = { channel, wait, to, toLabel, remove, node };
    remove.addEventListener("click", () => {
      rows = rows.filter((other) => other !== row);
      draw();
      byId("add-step").focus();
    });
    rows.push(row);
    draw();
  }

  function drawRow({ channel, to, toLabel, remove }, index) {
    const { recipient = "phone", title } = viewOf(channel.value);
    const kind = kindOf(recipient);
    toLabel.hidden = recipient === getRecipient();
    if (to.dataset.recipient !== recipient) {
      to.dataset.recipient = recipient;
      to.value = settings.examples[recipient]?.[0]?.to ?? "";
    }
    toLabel.firstElementChild.textContent = `to the ${kind.label.toLowerCase()}`;
    Object.assign(to, attributesOf(kind));
    remove.ariaLabel = `Remove step ${index + 2}: ${title}`;
  }

  function draw() {
    rows.forEach(drawRow);
    byId("next-steps").replaceChildren(...rows.map(({ node }) => node));
    byId("next-steps").hidden = rows.length === 0;
    byId("add-step").disabled = rows.length >= MAX_STEPS - 1;
    onChange();
  }

  return {
    draw,
    /** Channels of these steps. */
    get channels() {
      return rows.map(({ channel }) => channel.value);
    },
    clear() {
      rows = [];
      draw();
    },
    /** `workflow` of the request, the first step included; undefined where it has one channel. @param first its channel */
    workflow(first) {
      if (rows.length === 0) return undefined;
      const waits = rows.map(({ wait }) => Math.max(1, Math.round(Number(wait.value)) || 1));
      const own = ({ to, toLabel }) => (toLabel.hidden ? {} : { to: written(to.dataset.recipient, to.value) });
      return [
        { channel: first, wait_seconds: waits[0] },
        ...rows.map((row, index) => ({
          channel: row.channel.value,
          ...own(row),
          ...(waits[index + 1] && { wait_seconds: waits[index + 1] }),
        })),
      ];
    },
  };
}
