// Keeps what a screen reader would say, in order, in window.announcements. Evaluated in the page.
(() => {
  window.announcements = [];
  for (const region of document.querySelectorAll("[role=status], [role=alert]")) {
    new MutationObserver(() => {
      if (region.textContent) window.announcements.push(`${region.role}: ${region.textContent}`);
    }).observe(region, { childList: true, characterData: true, subtree: true });
  }
})();
