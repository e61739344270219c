/** Exit codes of commands that a signal ended: 128 and its number, as shells have it. */
export const exitCodeOf = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export type EndingSignal = keyof typeof exitCodeOf;
