// Texts that overlap or touch other texts, or stick out of their card. Evaluated in the page; returns a line for each.
(() => {
  /** The least space in pixels between two texts side by side in different elements. */
  const gapPx = 3;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    const isShown = parent.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    if (
      !walker.currentNode.data.trim() ||
      !isShown ||
      parent.closest(".visually-hidden, .skip, noscript, pre, #log, #inbox")
    )
      continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const block = parent.closest("p, li, h1, h2, h3, label, button, legend, a, .statusbar, .code");
    const cardRight = (parent.closest(".step, .curl, .phone") ?? document.body).getBoundingClientRect().right;
    const text = walker.currentNode.data.trim();
    for (const box of range.getClientRects()) texts.push({ text, block, box, cardRight });
  }
  const collide = (one, other) => {
    const space = one.block === other.block ? -1 : gapPx;
    return (
      Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left) > -space &&
      Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top) > 4
    );
  };
  return texts.flatMap((one, index) => [
    ...(one.box.right > one.cardRight - gapPx ? [`${one.text} sticks out`] : []),
    ...texts
      .slice(index + 1)
      .filter((other) => other.text !== one.text && collide(one, other))
      .map((other) => `${one.text} / ${other.text}`),
  ]);
})();
