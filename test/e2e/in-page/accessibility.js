// Finds what WCAG 2.2 AA asks for and a machine can see. Evaluated in the page; returns one line for each finding.
(() => {
  const findings = [];
  const describe = (node) => node.outerHTML.replace(/\s+/g, " ").slice(0, 90);
  const find = (rule, node, detail = "") => findings.push(`${rule}: ${describe(node)} ${detail}`.trim());
  const isShown = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const isHiddenFromReaders = (node) => node.closest('[aria-hidden="true"]') !== null;
  const all = (selector) => [...document.querySelectorAll(selector)].filter(isShown);

  // 4.1.2, 3.3.2: every control has a name, and none that contradicts what it shows (2.5.3).
  const textOf = (ids) => ids.map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
  const nameOf = (node) =>
    node.ariaLabel ||
    textOf((node.getAttribute("aria-labelledby") ?? "").split(" ").filter(Boolean)) ||
    [...(node.labels ?? [])].map((label) => label.textContent).join(" ") ||
    node.textContent;
  for (const node of all("a[href], button, input, [role=region]")) {
    const name = (nameOf(node) ?? "").trim();
    if (!name) find("no name", node);
    const label = node.matches("button, a") ? node.textContent.trim().toLowerCase() : "";
    if (node.ariaLabel && label && !name.toLowerCase().includes(label)) find("name lacks the visible label", node);
  }
  // 1.1.1: pictures are named or hidden from readers.
  for (const node of all("img, svg"))
    if (!isHiddenFromReaders(node) && !nameOf(node).trim()) find("no alternative", node);
  // 4.1.1: ids are unique, and references lead somewhere.
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) findings.push(`id twice: ${id}`);
  for (const attribute of ["aria-labelledby", "aria-describedby", "for"]) {
    for (const node of document.querySelectorAll(`[${attribute}]`)) {
      const missing = node
        .getAttribute(attribute)
        .split(" ")
        .filter((id) => !document.getElementById(id));
      if (missing.length > 0) find(`${attribute} leads nowhere`, node, missing.join(" "));
    }
  }
  // 1.3.1: one h1, no level skipped; landmarks; language.
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map((node) => Number(node.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) findings.push("not exactly one h1");
  levels.forEach((level, index) => {
    if (index > 0 && level > levels[index - 1] + 1) findings.push(`heading level skipped before h${level} (${index})`);
  });
  for (const landmark of ["main", "header", "nav", "footer"]) {
    if (document.querySelectorAll(landmark).length !== 1) findings.push(`not exactly one ${landmark}`);
  }
  if (!document.documentElement.lang) findings.push("no language");
  // 2.5.8: targets of at least 24 by 24 pixels.
  for (const node of all("button, input, nav a")) {
    const { width, height } = node.getBoundingClientRect();
    if (width < 24 || height < 24) find("small target", node, `${Math.round(width)}×${Math.round(height)}`);
  }
  // Scrolling blocks must be reachable by keyboard (2.1.1).
  for (const node of all("pre"))
    if (node.scrollWidth > node.clientWidth && node.tabIndex < 0) find("no way to scroll", node);

  // 1.4.3: contrast of every text with what is behind it.
  const channels = (color) => {
    const [red, green, blue, alpha = 1] = color.match(/[\d.]+/g).map(Number);
    return { rgb: [red, green, blue], alpha };
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      const { rgb, alpha } = channels(style.backgroundColor);
      if (alpha === 1) return rgb;
      if (alpha > 0) return null;
    }
    return [255, 255, 255];
  };
  const luminance = (rgb) => {
    const [red, green, blue] = rgb.map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  let texts = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (
      !walker.currentNode.data.trim() ||
      !isShown(node) ||
      node.closest(".visually-hidden, .skip, :disabled, noscript")
    )
      continue;
    const style = getComputedStyle(node);
    const paper = behind(node);
    if (paper === null) {
      find("unknown background", node);
      continue;
    }
    const sizePx = Number.parseFloat(style.fontSize);
    const large = sizePx >= 24 || (sizePx >= 18.66 && Number(style.fontWeight) >= 700);
    const measured = ratio(channels(style.color).rgb, paper);
    if (measured < (large ? 3 : 4.5)) find("contrast", node, measured.toFixed(2));
    texts++;
  }
  // 1.4.11: the edge of a field.
  for (const node of all("input:enabled:not(.code input)")) {
    const measured = ratio(channels(getComputedStyle(node).borderTopColor).rgb, behind(node.parentElement));
    if (measured < 3) find("contrast of the edge", node, measured.toFixed(2));
  }
  if (texts < 30) findings.push(`only ${texts} texts were looked at`);
  return findings;
})();
