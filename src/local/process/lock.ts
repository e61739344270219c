import { createHash } from "node:crypto";
import { createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const retryMs = 250;

/**
 * Runs `work` while holding a lock that other processes of this machine respect.
 * The lock is an abstract Unix socket (Linux): the kernel drops it when its holder dies, so it can never go stale.
 * @param name what is locked; any text
 * @param deadlineMs how long to wait for another holder before giving up
 * @param onWait called once if another process holds the lock
 */
export async function withLock<T>(
  name: string,
  deadlineMs: number,
  onWait: () => void,
  work: () => Promise<T>,
): Promise<T> {
  const address = `\0onering-${createHash("sha256").update(name).digest("hex").slice(0, 40)}`;
  const giveUpAtMs = performance.now() + deadlineMs;
  let holder = await tryListen(address);
  if (!holder) onWait();
  while (!holder) {
    if (performance.now() > giveUpAtMs) throw new Error("another run still holds the lock");
    await sleep(retryMs);
    holder = await tryListen(address);
  }
  try {
    return await work();
  } finally {
    holder.close();
  }
}

function tryListen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => resolve(server));
  });
}
