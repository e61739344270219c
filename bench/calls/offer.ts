/** Offers work at a fixed rate (open loop): a slow server must not slow the load down. */

/**
 * Calls `send` `ratePerSecond` times a second for `durationMs`.
 * @returns once the last one was sent; what `send` started may still be under way
 */
export function offer(ratePerSecond: number, durationMs: number, send: (index: number) => void): Promise<void> {
  const total = Math.round((ratePerSecond * durationMs) / 1000);
  const startedMs = performance.now();
  let sent = 0;
  return new Promise((resolve) => {
    const tick = () => {
      const due = Math.min(total, Math.floor(((performance.now() - startedMs) * ratePerSecond) / 1000) + 1);
      while (sent < due) send(sent++);
      if (sent < total) setTimeout(tick, 1);
      else resolve();
    };
    tick();
  });
}
