/**
 * A carrier whose calls outlive their connections, as RFC 3261 asks (section 17.2: transactions know no connection) and SIPp and
 * Asterisk do not do: what a phone does is told by its calls, not by the socket.
 */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { createStreamFraming } from "../../src/sip/framing.ts";
import { headerOf, type ParsedMessage, type SipRequestMessage } from "../../src/sip/message.ts";

/** What happened on the way of one call, in the order of a call that is answered at the moment of our CANCEL. */
export type Moment = "INVITE received" | "100 sent" | "180 sent" | "CANCEL received" | "200 sent";
/**
 * Breaks the connection then. `unread`: what was received last counts as lost; `kept`: it does not. `isSilent`: it stays open, and nothing
 * passes any more, as where a firewall has forgotten it.
 */
export type Cut = { readonly at: Moment; readonly request: "unread" | "kept"; readonly isSilent?: true };

/** One INVITE, by its branch. */
export interface CarrierCall {
  readonly branch: string;
  /** How often a phone began to ring for it. */
  rang: number;
  state: "trying" | "ringing" | "answered" | "canceled" | "hung up";
  /** Numbers of the connections that its requests came over, in order: `INVITE 1`, `CANCEL 2`. */
  readonly requests: string[];
}

export interface KeepingCarrier {
  readonly port: number;
  readonly calls: readonly CarrierCall[];
  /** Connections that are open. */
  readonly connections: number;
  /** Cuts once. */
  cutAt(cut: Cut): void;
  /** Breaks all connections, and takes new ones. */
  cutAll(): void;
  stop(): Promise<void>;
}

export interface KeepingCarrierOptions {
  readonly tls?: { readonly cert: string; readonly key: string };
  /** From INVITE to 100, and from 100 to 180. */
  readonly delayMs: number;
  /** The phone is answered when CANCEL comes. */
  readonly answers?: boolean;
}

interface Call extends CarrierCall {
  readonly invite: SipRequestMessage;
  /** A 2xx that has no ACK is sent again (section 13.3.1.4). */
  repeat: NodeJS.Timeout | null;
}

const firstRepeatMs = 500;

export async function startKeepingCarrier(options: KeepingCarrierOptions): Promise<KeepingCarrier> {
  const calls: Call[] = [];
  const sockets = new Map<Socket, number>();
  const silent = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  let connected = 0;
  let cut: Cut | null = null;

  const after = (ms: number, act: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, ms);
    timers.add(timer);
    return timer;
  };
  /** The connection that is newest: the one of the request may be gone. */
  const newest = () => [...sockets.keys()].at(-1);

  function isCut(socket: Socket | undefined, at: Moment, request: Cut["request"]): boolean {
    if (cut === null || cut.at !== at || cut.request !== request || socket === undefined) return false;
    const { isSilent = false } = cut;
    cut = null;
    sockets.delete(socket);
    if (isSilent) {
      silent.add(socket);
      return true;
    }
    // What was written before arrives, and then the end.
    if (at.endsWith("sent")) socket.destroySoon();
    else socket.destroy();
    return true;
  }

  function respond(request: SipRequestMessage, status: string, socket: Socket | undefined): void {
    const copied = request.headers.filter(({ name }) => ["via", "from", "call-id", "cseq"].includes(name));
    const tag = status.startsWith("100") ? "" : ";tag=phone";
    const to = `${headerOf(request, "to") ?? ""}`;
    const lines = [
      ...[`SIP/2.0 ${status}`, ...copied.map(({ name, value }) => `${name}: ${value}`)],
      ...[`To: ${to.includes(";tag=") ? to : to + tag}`, "Contact: <sip:phone@127.0.0.1>", "Content-Length: 0", "", ""],
    ];
    if (socket?.writable === true && !silent.has(socket)) socket.write(lines.join("\r\n"));
  }

  function ring(call: Call, socket: Socket): void {
    respond(call.invite, "100 Trying", socket);
    isCut(socket, "100 sent", "kept");
    after(options.delayMs, () => {
      if (call.state !== "trying") return;
      call.state = "ringing";
      call.rang += 1;
      respond(call.invite, "180 Ringing", socket);
      isCut(socket, "180 sent", "kept");
    });
  }

  function answer(call: Call, afterMs = firstRepeatMs): void {
    const socket = newest();
    respond(call.invite, "200 OK", socket);
    isCut(socket, "200 sent", "kept");
    call.repeat = after(afterMs, () => answer(call, Math.min(2 * afterMs, 4000)));
  }

  function canceled(call: Call | undefined, request: SipRequestMessage, socket: Socket): void {
    respond(request, call === undefined ? "481 Call/Transaction Does Not Exist" : "200 OK", socket);
    if (call === undefined) return;
    if (call.state !== "trying" && call.state !== "ringing") return;
    if (options.answers === true) {
      call.state = "answered";
      answer(call);
      return;
    }
    call.state = "canceled";
    respond(call.invite, "487 Request Terminated", socket);
  }

  function received(message: ParsedMessage, socket: Socket): void {
    if (message.kind !== "request") return;
    const branch = /branch=([^;,\s]+)/.exec(headerOf(message, "via") ?? "")?.[1] ?? "";
    const callId = headerOf(message, "call-id");
    // ACK of a 2xx and BYE have branches of their own.
    const known = calls.find((one) => one.branch === branch || headerOf(one.invite, "call-id") === callId);
    const { method } = message;
    if (method === "CANCEL" && isCut(socket, "CANCEL received", "unread")) return;
    known?.requests.push(`${method} ${sockets.get(socket)}`);
    if (method === "INVITE" && known?.branch !== branch) {
      const call: Call = { branch, invite: message, rang: 0, state: "trying", requests: [], repeat: null };
      call.requests.push(`INVITE ${sockets.get(socket)}`);
      calls.push(call);
      isCut(socket, "INVITE received", "kept");
      after(options.delayMs, () => ring(call, socket));
    } else if (method === "CANCEL") {
      isCut(socket, "CANCEL received", "kept");
      canceled(known?.branch === branch ? known : undefined, message, socket);
    } else if (known !== undefined && (method === "ACK" || method === "BYE")) {
      clearTimeout(known.repeat ?? undefined);
      if (method === "ACK") return;
      known.state = "hung up";
      respond(message, "200 OK", socket);
    }
  }

  function take(socket: Socket): void {
    connected += 1;
    sockets.set(socket, connected);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    const framing = createStreamFraming({
      message: (message) => received(message, socket),
      ping: () => socket.write("\r\n"),
      malformed: () => undefined,
    });
    socket.on("data", (data) => {
      if (sockets.has(socket)) framing.push(data);
    });
  }

  const { tls } = options;
  const server: Server = tls === undefined ? createServer(take) : createTlsServer(tls, take);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as { port: number }).port,
    calls,
    get connections() {
      return sockets.size;
    },
    cutAt(wanted) {
      cut = wanted;
    },
    cutAll() {
      for (const socket of sockets.keys()) socket.destroy();
    },
    async stop() {
      for (const timer of timers) clearTimeout(timer);
      for (const socket of [...sockets.keys(), ...silent]) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
