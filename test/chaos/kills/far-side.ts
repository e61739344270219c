/** What lies between the gateway and the phones: trunks, the carriers behind them, and an Asterisk or none. */
import { startAsterisk } from "../../../src/local/asterisk/asterisk.ts";
import type { Programs } from "../../../src/local/fetch/programs.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { mayRingMs } from "../../../src/telephony/sip-trunks/driver.ts";
import { type SippCarrier, type SippOptions, startSipp } from "../../support/sipp.ts";
import type { AsteriskDriver, Layout } from "../configuration.ts";
import { readOpenInvites } from "../leases.ts";
import { type PhoneCall, readPhones } from "../phones.ts";
import { type CarrierProcess, startCarrierProcess } from "../programs/carrier.ts";
import type { Stops } from "../programs/stops.ts";
import { channelsLeft } from "../rest.ts";
import { carrierMs, lanes, plans } from "../states.ts";
import { ask } from "../time.ts";

/** What can be killed, frozen and brought back. */
export interface Program {
  readonly pids: readonly number[];
  kill(): Promise<unknown>;
  restart(): Promise<unknown>;
}

export interface FarSide {
  readonly layout: Pick<Layout, "asterisks" | "driver" | "trunks" | "routes">;
  /** For configurations that speak SIP themselves, each on a port of its own. */
  readonly ownSip: boolean;
  /** By the name of the victim. */
  readonly programs: { readonly asterisk?: Program; readonly carrier?: Program };
  phones(): Promise<Map<string, PhoneCall[]>>;
  /** What is left of calls, in words. @param redisUrl the gateways' */
  left(redisUrl: string): Promise<readonly string[]>;
}

/** The gateway's ari_app: only with it may AMI place calls. */
export const ariApp = "onering";
const pacedCallsPerSecond = 4;
/** For ends that are written with a later batch, on a busy machine. */
const busyMs = 5000;

/** By trunk. */
const scenarios: Readonly<Record<string, Pick<SippOptions, "scenario" | "pauseMs" | "keys">>> = {
  quick: { scenario: "ringing" },
  slow: { scenario: "ringing", pauseMs: carrierMs.slowRing },
  paced: { scenario: "ringing", pauseMs: carrierMs.pacedRing },
  "slow-hangup": { scenario: "slow-hangup", pauseMs: carrierMs.slowHangup },
  congested: { scenario: "final", pauseMs: carrierMs.congested, keys: { status: "503 Service Unavailable" } },
};

/** One Asterisk, and carriers that outlive everything. */
export async function asteriskSide(
  stops: Stops,
  program: Programs["asterisk"],
  driver: AsteriskDriver,
): Promise<FarSide> {
  const carriers: Record<string, SippCarrier> = {};
  for (const [name, options] of Object.entries(scenarios)) carriers[name] = stops.add(await startSipp(options));
  const trunks = Object.entries(carriers).map(([name, { port }]) => {
    return { name, host: "127.0.0.1", port, transport: "udp", qualifySeconds: 0 } as const;
  });
  const asterisk = stops.add(await startAsterisk(program, { trunks, amiCallsApp: ariApp }));
  return {
    layout: {
      ...{ asterisks: { only: asterisk }, driver },
      trunks: Object.fromEntries(Object.keys(carriers).map((name) => [name, { asterisks: ["only"], ...pace(name) }])),
      routes: Object.values(plans).map(({ prefix, trunks }) => ({ prefix, trunks })),
    },
    ownSip: false,
    programs: {
      asterisk: programOf(asterisk),
    },
    phones: () => readPhones(Object.values(carriers)),
    left: () => channelsLeft([asterisk]),
  };
}

/** Carriers next to the gateway: each over UDP and over TCP, which the callee's number decides. */
export async function sipSide(stops: Stops): Promise<FarSide> {
  const trunks: Record<string, Layout["trunks"][string]> = {};
  const carriers: CarrierProcess[] = [];
  for (const { transport } of lanes) {
    for (const [name, options] of Object.entries(scenarios)) {
      const carrier = stops.add(await startCarrierProcess({ ...options, transport }));
      carriers.push(carrier);
      trunks[`${name}-${transport}`] = { asterisks: null, sip: { port: carrier.port, transport }, ...pace(name) };
    }
  }
  const all = (act: (carrier: CarrierProcess) => Promise<void>) => Promise.all(carriers.map(act));
  return {
    layout: {
      ...{ asterisks: {}, driver: null, trunks },
      routes: Object.values(plans).flatMap(({ prefix, trunks: names }) =>
        lanes.flatMap(({ transport, digits }) =>
          digits.map((digit) => ({ prefix: prefix + digit, trunks: names.map((name) => `${name}-${transport}`) })),
        ),
      ),
    },
    ownSip: true,
    programs: {
      carrier: {
        get pids() {
          return carriers.map(({ pid }) => pid);
        },
        kill: () => all((carrier) => carrier.kill()),
        restart: () => all((carrier) => carrier.restart()),
      },
    },
    phones: () => readPhones(carriers.flatMap(({ logs }) => logs)),
    async left(redisUrl) {
      const faults = carriers.flatMap(({ port, fault }) => (fault === null ? [] : [`the carrier on ${port} ${fault}`]));
      const left = () => readOpenInvites(redisUrl);
      await ask(async () => ((await left()) === 0 ? true : null), mayRingMs + busyMs, 250);
      const invites = await left();
      return [...faults, ...(invites > 0 ? [`${invites} INVITEs are left for another gateway to cancel`] : [])];
    },
  };
}

const pace = (trunk: string) => (trunk === "paced" ? { callsPerSecond: pacedCallsPerSecond } : {});

/** @returns the part of a layout that a gateway process has to itself */
export async function ownEnd({ ownSip }: FarSide): Promise<Pick<Layout, "sip">> {
  return ownSip ? { sip: { udpPort: await freePort("udp") } } : {};
}

/** One process. */
export function programOf(one: {
  readonly pid: number;
  kill(): Promise<unknown>;
  restart(): Promise<unknown>;
}): Program {
  return {
    get pids() {
      return [one.pid];
    },
    kill: () => one.kill(),
    restart: () => one.restart(),
  };
}
