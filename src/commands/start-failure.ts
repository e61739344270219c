/** Why the gateway could not start, for the log and for the person at the terminal. */

/** All started parts are stopped again; the message is one sentence for the operator. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** Node's error of a socket that could not be bound. */
interface BindFailure extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly port?: number;
}

/** @returns one sentence: what is wrong and what to do */
export function describeStartFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Only the HTTP server binds a port without which the gateway does not run.
  const { code, address, port } = error as BindFailure;
  const what = `${address}:${port}`;
  switch (code) {
    case "EADDRINUSE":
      return `${what} is in use by another process; stop it, or set another http.port`;
    case "EACCES":
      return `no permission to listen on ${what}; set a http.port of 1024 or above, or grant CAP_NET_BIND_SERVICE`;
    case "EADDRNOTAVAIL":
      return `${address} is not an address of this machine; set http.host to one that is`;
    default:
      return error.message;
  }
}
