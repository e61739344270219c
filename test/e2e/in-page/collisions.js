// Texts that overlap other texts or reach out of the window. Evaluated in the page.
(() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    const isShown = parent.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    if (!walker.currentNode.data.trim() || !isShown || parent.closest(".visually-hidden, .skip, noscript, pre, #log"))
      continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    for (const box of range.getClientRects()) texts.push({ text: walker.currentNode.data.trim(), box });
  }
  const overlap = (one, other) =>
    Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 &&
    Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 4;
  return texts.flatMap(({ text, box }, index) =>
    texts
      .slice(index + 1)
      .filter((other) => other.text !== text && overlap(box, other.box))
      .map((other) => `${text} / ${other.text}`),
  );
})();
