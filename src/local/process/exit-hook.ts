/** What to do when this process exits: one listener for any number of children. */
const hooks = new Set<() => void>();

process.on("exit", () => {
  for (const hook of hooks) hook();
});

/**
 * Runs `hook` when this process exits, unless SIGKILL ends it.
 * @returns a function that takes the hook away again
 */
export function onProcessExit(hook: () => void): () => void {
  hooks.add(hook);
  return () => hooks.delete(hook);
}
