/** Why the gateway could not start, for the log and for the person at the terminal. */

/** What had been started is stopped again; the message is one sentence for the operator. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** What Node says of a socket that could not be bound. */
interface BindFailure extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly port?: number;
}

/** @returns one sentence: what is wrong and what to do */
export function describeStartFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, address, port, syscall } = error as BindFailure;
  // `listen` is the HTTP server's call; `bind` that of UDP, which only the SIP capture uses.
  const [what, setting] =
    syscall === "bind" ? [`UDP ${address}:${port}`, "sip_capture"] : [`${address}:${port}`, "http"];
  switch (code) {
    case "EADDRINUSE":
      return `${what} is in use by another process; stop it, or set another ${setting}.port`;
    case "EACCES":
      return `no permission to listen on ${what}; set a ${setting}.port of 1024 or above, or grant CAP_NET_BIND_SERVICE`;
    case "EADDRNOTAVAIL":
      return `${address} is not an address of this machine; set ${setting}.host to one that is`;
    default:
      return error.message;
  }
}
