/** Time as SIPp's log tells it too: milliseconds since 1970, finer than whole ones. */
export const wallMs = (): number => performance.timeOrigin + performance.now();

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

export const sleepUntil = (atMs: number): Promise<void> => sleep(atMs - wallMs());

/** Asks again and again. @returns the first answer that is not null; null after `deadlineMs` */
export async function ask<T>(look: () => Promise<T | null>, deadlineMs: number, everyMs = 25): Promise<T | null> {
  const giveUpAtMs = wallMs() + deadlineMs;
  for (;;) {
    const answer = await look();
    if (answer !== null || wallMs() > giveUpAtMs) return answer;
    await sleep(everyMs);
  }
}
