// What is wider than the window, outside blocks that scroll by themselves. Evaluated in the page.
(() => {
  const { documentElement: root } = document;
  const wide = [...document.querySelectorAll("main *, header *, footer *")].filter((node) => {
    const { right, left } = node.getBoundingClientRect();
    return !node.closest("pre") && (right > root.clientWidth + 1 || left < -1);
  });
  return { pagePx: root.scrollWidth - root.clientWidth, elements: wide.map((node) => node.outerHTML.slice(0, 80)) };
})();
