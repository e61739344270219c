/** A UDP relay between us and a carrier that loses and reorders datagrams, by a seed. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createDice } from "../chaos/dice.ts";

export interface LossyRelayOptions {
  /** The carrier's port on 127.0.0.1. */
  readonly carrierPort: number;
  /** Share of datagrams that are lost, in each direction: 0 to 1. */
  readonly loss: number;
  /** Each datagram is late by up to this time, so that they overtake one another. */
  readonly jitterMs: number;
  readonly seed: number;
  /** Sees each datagram that is not lost. */
  readonly onPassed?: (text: string) => void;
}

export interface LossyRelay {
  /** Where we send instead of to the carrier. */
  readonly port: number;
  /** Datagrams that were lost so far. */
  readonly lost: number;
  close(): Promise<void>;
}

export async function startLossyRelay(options: LossyRelayOptions): Promise<LossyRelay> {
  const { carrierPort, loss, jitterMs, seed, onPassed } = options;
  const dice = createDice(seed);
  const random = () => dice.between(0, 999_999) / 1e6;
  const front = await bound();
  const late = new Set<NodeJS.Timeout>();
  /** By our port: the socket that stands for it towards the carrier. */
  const backs = new Map<number, Socket>();
  let lost = 0;
  let closed = false;

  function pass(datagram: Buffer, from: Socket, port: number): void {
    if (random() < loss) {
      lost += 1;
      return;
    }
    onPassed?.(datagram.toString("latin1"));
    const timer = setTimeout(() => {
      late.delete(timer);
      if (!closed) from.send(datagram, port, "127.0.0.1");
    }, random() * jitterMs);
    late.add(timer);
  }

  async function backOf(port: number): Promise<Socket> {
    const known = backs.get(port);
    if (known) return known;
    const back = await bound();
    const sooner = backs.get(port);
    if (sooner) {
      back.close();
      return sooner;
    }
    backs.set(port, back);
    back.on("message", (datagram) => pass(datagram, front, port));
    return back;
  }

  front.on("message", (datagram, { port }) => {
    void backOf(port).then((back) => pass(datagram, back, carrierPort));
  });
  return {
    port: (front.address() as AddressInfo).port,
    get lost() {
      return lost;
    },
    async close() {
      closed = true;
      for (const timer of late) clearTimeout(timer);
      const sockets = [front, ...backs.values()];
      await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
    },
  };
}

async function bound(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}
