/** The phone's apps as tabs (ARIA tabs pattern): arrow keys move, one is in the tab order. */
import { byId, element } from "./dom.js";

/** @param apps `[{name, title, tab?, icon}]` @param onSelect gets the name */
export function createTabs(apps, onSelect) {
  const tabs = apps.map(({ name, title, tab, icon }) => {
    const label = tab ?? title;
    const node = element("button", { type: "button" }, picture(icon), element("span", {}, label));
    node.role = "tab";
    node.id = `tab-${name}`;
    node.addEventListener("click", () => select(name));
    node.addEventListener("keydown", onKey);
    return { name, label, node, unread: 0 };
  });
  byId("tabs").replaceChildren(...tabs.map(({ node }) => node));
  let selected = apps[0].name;

  function select(name) {
    selected = name;
    for (const tab of tabs) {
      const isOn = tab.name === name;
      tab.node.ariaSelected = String(isOn);
      tab.node.tabIndex = isOn ? 0 : -1;
      if (isOn) tab.unread = 0;
      tab.node.dataset.unread = String(tab.unread);
      tab.node.ariaLabel = tab.unread > 0 ? `${tab.label}, ${tab.unread} new` : tab.label;
    }
    onSelect(name);
  }

  function onKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const index = tabs.findIndex(({ name }) => name === selected);
    const next = tabs[(index + step + tabs.length) % tabs.length];
    select(next.name);
    next.node.focus();
  }

  return {
    select,
    get selected() {
      return selected;
    },
    /** Something arrived in an app that is not in sight. */
    addUnread(name) {
      const tab = tabs.find((one) => one.name === name);
      if (tab) tab.unread++;
      select(selected);
    },
    /** While a call takes the whole screen. */
    set hidden(isHidden) {
      byId("tabs").hidden = isHidden;
    },
  };
}

function picture(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}
