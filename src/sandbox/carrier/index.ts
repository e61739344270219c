/** The simulated carrier on a loopback UDP port. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Logger } from "pino";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { defaultTimings, type Timings } from "./behaviours.ts";
import type { Call } from "./call.ts";
import { CarrierCore } from "./carrier.ts";

const LOOPBACK = "127.0.0.1";

export interface CarrierOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly timings?: Partial<Timings>;
  /** UDP port; 0, the default, takes any free one. */
  readonly port?: number;
  /** A call began or changed its state. */
  readonly onCall: (call: Call) => void;
}

export interface Carrier {
  readonly address: string;
  /** UDP port that takes SIP. */
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts the carrier. @throws when the port is taken */
export async function startCarrier(options: CarrierOptions): Promise<Carrier> {
  const { clock, random, logger, onCall } = options;
  const media = await bind(0);
  const sip = await bind(options.port ?? 0).catch(async (error: unknown) => {
    await close(media);
    throw error;
  });
  const port = sip.address().port;
  const core = new CarrierCore({
    clock,
    random,
    logger,
    timings: { ...defaultTimings, ...options.timings },
    local: { address: LOOPBACK, sipPort: port, mediaPort: media.address().port },
    transmit: (datagram, to) => {
      sip.send(datagram, to.port, to.address, (error) => {
        if (error) logger.debug({ err: error }, "a SIP message could not be sent");
      });
    },
    transmitAudio: (datagram, to) => {
      media.send(datagram, to.port, to.address, (error) => {
        if (error) logger.debug({ err: error }, "an RTP packet could not be sent");
      });
    },
    onChange: onCall,
  });
  sip.on("message", (datagram, source) => core.receive(datagram, source));
  media.on("message", (datagram, source) => core.receiveAudio(datagram, source));
  for (const socket of [sip, media]) socket.on("error", (err) => logger.warn({ err }, "carrier socket"));
  return {
    address: LOOPBACK,
    port,
    async stop() {
      core.stop();
      await Promise.all([close(sip), close(media)]);
    },
  };
}

async function bind(port: number): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(port, LOOPBACK);
  await once(socket, "listening");
  return socket;
}

function close(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
