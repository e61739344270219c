/** SIP transports over loopback sockets, and what they received. */
import { afterEach } from "vitest";
import { systemClock } from "../../src/shared/clock.ts";
import { cryptoRandom } from "../../src/shared/random.ts";
import type { ParsedMessage } from "../../src/sip/message.ts";
import { createTransports, type TransportOptions } from "../../src/sip/transport/index.ts";
import type { Flow, Target, TransportProtocol, TransportStatus, Transports } from "../../src/sip/transport/port.ts";

export interface Received {
  readonly message: ParsedMessage;
  readonly flow: Flow;
  readonly atMs: number;
}

export interface TestTransports extends Transports, TransportStatus {
  readonly received: readonly Received[];
  readonly closed: readonly { readonly flow: Flow; readonly reason: string }[];
  /** Where others reach it. */
  target(protocol: TransportProtocol, extra?: Partial<Target>): Target;
}

/** Call it at the top of a test file. @returns starts transports, which are stopped after the test */
export function withTransports(): (options?: Partial<TransportOptions>) => Promise<TestTransports> {
  const running: Transports[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.stop()));
  });
  return async (options = {}) => {
    const transports = createTransports({ clock: systemClock, random: cryptoRandom, ...options });
    const received: Received[] = [];
    const closed: { flow: Flow; reason: string }[] = [];
    transports.onMessage((message, flow, atMs) => received.push({ message, flow, atMs }));
    transports.onClosed((flow, reason) => closed.push({ flow, reason }));
    await transports.start();
    running.push(transports);
    return Object.assign(transports, {
      received,
      closed,
      target(protocol: TransportProtocol, extra: Partial<Target> = {}) {
        const bound = transports.bound.find((one) => one.protocol === protocol);
        if (bound === undefined) throw new Error(`nothing is bound for ${protocol}`);
        return { ...bound, ...extra };
      },
    });
  };
}

/** A whole request, as short as it can be. */
export function options(id: string | number, extra = "", body = ""): string {
  return [
    "OPTIONS sip:far.example SIP/2.0",
    `Via: SIP/2.0/TCP near.example;branch=z9hG4bK${id}`,
    "From: <sip:a@near.example>;tag=1",
    "To: <sip:far.example>",
    `Call-ID: ${id}`,
    `CSeq: 1 OPTIONS${extra}`,
    `Content-Length: ${body.length}`,
    "",
    body,
  ].join("\r\n");
}

export const ok = (id: string | number) => options(id).replace(/^.*\r\n/, "SIP/2.0 200 OK\r\n");
