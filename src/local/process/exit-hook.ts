/** Exit hooks of this process: one listener for any number of children. */
const hooks = new Set<() => void>();

process.on("exit", () => {
  for (const hook of hooks) hook();
});

/**
 * Runs `hook` when this process exits, unless SIGKILL ends it.
 * @returns a function that removes the hook
 */
export function onProcessExit(hook: () => void): () => void {
  hooks.add(hook);
  return () => hooks.delete(hook);
}
