/** Opens a bound session: TCP or TLS, then bind_transceiver, all within one deadline. */
import net from "node:net";
import tls from "node:tls";
import type { Clock } from "../../../shared/clock.ts";
import type { SmppBindConfig } from "./config.ts";
import { Session, type SessionParts } from "./session.ts";
import { okStatus, statusName } from "./status.ts";

export interface BindTarget {
  readonly host: string;
  readonly port: number;
  readonly systemId: string;
  readonly password: string;
  readonly systemType: string;
  readonly addressRange: string;
  /** Null: plain TCP. */
  readonly tls: TlsSettings | null;
}

export interface TlsSettings {
  /** PEM of the CAs that are trusted instead of Node's. */
  readonly ca: string | null;
  /** The name in the SMSC's certificate, where it is not the host. */
  readonly serverName: string | null;
  readonly verify: boolean;
}

/** From the configuration. */
export function targetOf(own: SmppBindConfig): BindTarget {
  const { host, port, tls: secure } = own;
  return {
    ...{ host, port, systemId: own.system_id, password: own.password },
    ...{ systemType: own.system_type, addressRange: own.address_range },
    tls: secure.enabled
      ? { ca: secure.ca ?? null, serverName: secure.server_name ?? null, verify: secure.verify }
      : null,
  };
}

/** Why there is no bind. The message is for operators and holds no password. */
export class BindError extends Error {
  override readonly name = "BindError";
  /** The SMSC refused system_id or password: trying often would lock the account. */
  readonly credentials: boolean;

  constructor(message: string, credentials = false) {
    super(message);
    this.credentials = credentials;
  }
}

const smppVersion = 0x34;
/** ESME_RINVPASWD, ESME_RINVSYSID */
const credentialStatuses = [0x0e, 0x0f];

/**
 * @param signal abandons the attempt; a session that is open is not ended by it
 * @throws {BindError}
 */
export async function openSession(
  target: BindTarget,
  deadlineMs: number,
  clock: Clock,
  parts: Omit<SessionParts, "socket" | "clock">,
  signal?: AbortSignal,
): Promise<Session> {
  let socket: net.Socket | null = null;
  let late = false;
  const cancel = clock.after(deadlineMs, () => {
    late = true;
    socket?.destroy();
  });
  const abort = () => socket?.destroy();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    socket = connect(target);
    await connected(socket, target.tls !== null);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    const session = new Session({ ...parts, socket, clock });
    const answer = await session.request("bind_transceiver", {
      system_id: target.systemId,
      password: target.password,
      system_type: target.systemType,
      interface_version: smppVersion,
      address_range: target.addressRange,
    });
    if (answer.kind !== "answer") throw new BindError("no answer to bind_transceiver");
    if (answer.status !== okStatus) {
      session.end("the bind was refused");
      const isCredentials = credentialStatuses.includes(answer.status);
      throw new BindError(`the SMSC refused the bind: ${statusName(answer.status)}`, isCredentials);
    }
    return session;
  } catch (error) {
    socket?.destroy();
    if (late) throw new BindError(`not bound within ${deadlineMs} ms`);
    if (error instanceof BindError) throw error;
    throw new BindError(why(error as NodeJS.ErrnoException));
  } finally {
    cancel();
    signal?.removeEventListener("abort", abort);
  }
}

function connect({ host, port, tls: secure }: BindTarget): net.Socket {
  if (secure === null) return net.connect({ host, port });
  const name = secure.serverName ?? (net.isIP(host) === 0 ? host : null);
  return tls.connect({
    host,
    port,
    minVersion: "TLSv1.2",
    rejectUnauthorized: secure.verify,
    ...(name !== null && { servername: name }),
    ...(secure.ca !== null && { ca: secure.ca }),
    ...(secure.serverName !== null && {
      checkServerIdentity: (_host: string, certificate: tls.PeerCertificate) =>
        tls.checkServerIdentity(secure.serverName ?? host, certificate),
    }),
  });
}

function connected(socket: net.Socket, secure: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(secure ? "secureConnect" : "connect", resolve);
    // For good: an error that comes after the attempt was given up must not end the process.
    socket.on("error", reject);
    socket.once("close", () => reject(new BindError("the connection was closed")));
  });
}

/** Node's codes and TLS's reasons; neither holds a secret. */
function why(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}
