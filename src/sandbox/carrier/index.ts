/** The simulated carrier on a loopback port, over UDP and TCP. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Logger } from "pino";
import { freePort } from "../../local/process/free-port.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { createTransports } from "../../sip/transport/index.ts";
import { defaultTimings, type Timings } from "./behaviours.ts";
import type { Call } from "./call.ts";
import { CarrierCore } from "./carrier.ts";

const LOOPBACK = "127.0.0.1";
/** Asterisk's INVITE measures 1.2 KB; a message this large is not a telephone call. */
const maxMessageBytes = 16_384;

export interface CarrierOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly timings?: Partial<Timings>;
  /** UDP and TCP port; left out: any that is free. */
  readonly port?: number;
  /** A call began or changed its state. */
  readonly onCall: (call: Call) => void;
}

export interface Carrier {
  readonly address: string;
  /** UDP and TCP port that takes SIP. */
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts the carrier. @throws when the port is taken */
export async function startCarrier(options: CarrierOptions): Promise<Carrier> {
  const { clock, random, logger, onCall } = options;
  const port = options.port ?? (await freePort("udp", "tcp"));
  const sip = [{ address: LOOPBACK, port }];
  const limits = { messageBytes: maxMessageBytes };
  const transports = createTransports({ clock, random, udp: sip, tcp: sip, limits });
  const media = await bind(0);
  const core = new CarrierCore({
    clock,
    random,
    timings: { ...defaultTimings, ...options.timings },
    local: { address: LOOPBACK, mediaPort: media.address().port },
    transports,
    transmitAudio: (datagram, to) => {
      media.send(datagram, to.port, to.address, (error) => {
        if (error) logger.debug({ err: error }, "an RTP packet could not be sent");
      });
    },
    onChange: onCall,
  });
  media.on("message", (datagram, source) => core.receiveAudio(datagram, source));
  media.on("error", (err) => logger.warn({ err }, "carrier socket"));
  await transports.start().catch(async (error: unknown) => {
    await Promise.all([transports.stop(), close(media)]);
    throw error;
  });
  return {
    address: LOOPBACK,
    port,
    async stop() {
      core.stop();
      await Promise.all([transports.stop(), close(media)]);
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
