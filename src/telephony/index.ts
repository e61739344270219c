/** Telephony as the composition root sees it: one dialer and one set of trunks over all Asterisks and the gateway's own SIP. */
import { createSecretKey, type KeyObject } from "node:crypto";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Logger } from "pino";
import { type Networks, noNetworks } from "../numbers/networks/ports.ts";
import type { Clock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import { amiOf, ariOf } from "./asterisk/access.ts";
import { createAriClientDriver } from "./asterisk/ari-client/index.ts";
import { createAriWebSocketDriver } from "./asterisk/ari-websocket/index.ts";
import { createAsteriskManagerDriver } from "./asterisk/asterisk-manager/index.ts";
import type { AsteriskConfig } from "./asterisk/config.ts";
import type { CallControl, InboundCall, MediaControl } from "./call-control/port.ts";
import type { FindTraces } from "./call-control/trace.ts";
import { longestCallMs, longestOfAllMs } from "./calls/call-times.ts";
import { createDialer } from "./calls/dialer.ts";
import { createInboundReader, type TrunkCall } from "./calls/inbound.ts";
import type { Dialer } from "./calls/ports.ts";
import type { TelephonyConfig } from "./config.ts";
import { createSipCapture } from "./sip-capture/index.ts";
import { createSipTrunks } from "./sip-trunks/index.ts";
import type { EndedProcesses, OpenInvites, OrphanInvites } from "./sip-trunks/open-invites-port.ts";
import type { SharedRegistrations } from "./sip-trunks/shared-registration.ts";
import type { SipStatus } from "./sip-trunks/status-port.ts";
import type { Admission } from "./trunks/admission-port.ts";
import { type AmiWatch, createAmiWatch } from "./trunks/ami-watch.ts";
import type { CallerLimits } from "./trunks/app-limits.ts";
import { createBacklogs } from "./trunks/backlogs.ts";
import { type Brakes, createBrakes } from "./trunks/brakes.ts";
import { createBreakers } from "./trunks/breakers.ts";
import { createChannelSlots } from "./trunks/channel-slots.ts";
import { asterisksOf, endpointOf, sipEngine } from "./trunks/engines.ts";
import { createOverload } from "./trunks/overload.ts";
import { liveRouter } from "./trunks/routes.ts";
import type { ChannelSlots, PathStatus } from "./trunks/slots-port.ts";
import { timedControl } from "./trunks/timed-control.ts";

export interface TelephonyParts {
  readonly config: TelephonyConfig;
  /** Whose limits hold, and how many share a trunk. */
  readonly apps: CallerLimits["apps"];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly admission: Admission;
  /** For routes that name networks; without it no network is known. */
  readonly networks?: Pick<Networks, "known">;
  /** Sounds whose languages are to be known; default none. */
  readonly watchedSounds?: readonly string[];
  /**
   * Key of the tags of our own SIP calls, the same in all gateways: by it one ends what another left. Left out: one of this
   * process alone.
   */
  readonly sipTagKey?: KeyObject;
  /** Our own SIP calls under way, of all gateways; left out: those of a gateway that dies ring on to their end. */
  readonly openInvites?: OpenInvites & OrphanInvites;
  /** Where several processes are one gateway to carriers; null or left out: this one registers its accounts itself. */
  readonly sharedRegistrations?: SharedRegistrations | null;
  /** Likewise: which of them ended, so that their own SIP calls are ended at once. */
  readonly endedProcesses?: EndedProcesses | null;
  /** Sees each call in over our own SIP, whether it proves something or not. Never throws. */
  readonly sipCall?: (call: InboundCall) => void;
}

export interface Telephony {
  readonly dialer: Dialer;
  readonly slots: ChannelSlots;
  /** Every trunk through each of its Asterisks, as this gateway sees it. */
  paths(): readonly PathStatus[];
  /** Our own SIP sockets and trunks; null where no trunk is reached over SIP, or the sockets are not open. */
  sip(): SipStatus | null;
  /** Apps and callee prefixes whose calls are reduced; see `Brakes`. */
  readonly brakes: Pick<Brakes, "verificationEnded" | "braked">;
  /** Calls a second that this gateway admits under overload; null: no limit. */
  overloadLimit(): number | null;
  /** Connects to every Asterisk and opens our own SIP sockets; resolves after the first tries, whether they worked or not, and keeps trying. */
  start(): Promise<void>;
  /** Closes the connections. Drain the dialer before. */
  stop(): Promise<void>;
  /** Sets the one receiver of calls that came in by a trunk with `inbound`; they are refused with or without it. */
  onInbound(receiver: (call: TrunkCall) => void): void;
  /** What can be done with answered calls on this Asterisk; null: nothing, or there is no Asterisk of this name. */
  media(asterisk: string): MediaControl | null;
  /** Each Asterisk by its name in the configuration, our own SIP as `sip`, and whether calls can be placed on it now. */
  asterisks(): readonly (readonly [name: string, connected: boolean])[];
  /** The messages of calls over trunks with `sip`, and of those through an Asterisk that the capture sees. */
  readonly traces: FindTraces;
  /**
   * Signs the caller IDs of such calls with the key of this configuration, and uses its certificates for new connections; where one
   * of those cannot be used, none changes. @throws {Error} for a key that cannot be used
   */
  reloadSip(config: Pick<TelephonyConfig, "sip" | "trunks">): void;
}

/** How finely the delay of the event loop is sampled. */
const loopResolutionMs = 10;

export function createTelephony(parts: TelephonyParts): Telephony {
  const { config, clock, logger } = parts;
  const loopDelay = monitorEventLoopDelay({ resolution: loopResolutionMs });
  const overload = createOverload({
    ...{ rules: config.limits.overload, clock, logger },
    eventLoopDelayMs() {
      const delayMs = loopDelay.percentile(99) / 1e6 - loopResolutionMs;
      loopDelay.reset();
      return delayMs;
    },
  });
  const backlogs = createBacklogs({ clock, logger });
  const brakes = createBrakes({ rules: config.limits.brake, clock, logger });
  const controls = new Map<string, CallControl>();
  const watches = new Map<string, AmiWatch>();
  const addControl = (name: string, control: CallControl) => {
    const originating = () => {
      const replied = backlogs.originating(name);
      return (tookMs: number) => {
        replied();
        overload.originated(tookMs);
      };
    };
    const timed = timedControl(control, () => performance.now(), originating);
    controls.set(name, timed);
  };
  for (const [name, asterisk] of Object.entries(config.asterisks)) {
    const own = { ...parts, logger: logger.child({ asterisk: name }) };
    const trunkNames = Object.keys(config.trunks).filter((trunk) =>
      asterisksOf(config.trunks[trunk] ?? {}).includes(name),
    );
    const endsOn183 = config.live_check?.cancel_on_183 ?? [];
    const withProgress = trunkNames.some(
      (trunk) => endsOn183.includes(trunk) || config.trunks[trunk]?.ring_on === "180+183",
    );
    addControl(name, createDriver(asterisk, { ...own, withProgress }));
    const endpoints = trunkNames.map((trunk) => endpointOf(trunk, config.trunks[trunk] ?? {}));
    const { ami, request_timeout_ms: requestTimeoutMs } = asterisk;
    if (ami !== undefined) watches.set(name, createAmiWatch({ ...own, ami, requestTimeoutMs, endpoints }));
  }

  const sip =
    config.sip === undefined
      ? null
      : createSipTrunks({
          ...{ config: { sip: config.sip, trunks: config.trunks }, clock, random: parts.random },
          tagKey: parts.sipTagKey ?? createSecretKey(parts.random.bytes(32)),
          logger: logger.child({ asterisk: sipEngine }),
          ...(parts.openInvites === undefined ? {} : { openInvites: parts.openInvites }),
          sharedRegistrations: parts.sharedRegistrations ?? null,
          endedProcesses: parts.endedProcesses ?? null,
        });
  // Not timed: it replies late where a carrier takes no connection, which no lower rate of calls would cure.
  if (sip !== null) controls.set(sipEngine, sip.control);
  const { sipCall = () => undefined } = parts;
  sip?.control.onInbound(sipCall);

  const slots = createChannelSlots({
    config,
    apps: parts.apps,
    router: liveRouter(config, parts.random, parts.networks ?? noNetworks),
    callControls: controls,
    breakers: createBreakers({
      rules: config.routing.breaker,
      apps: () => parts.apps.size,
      callsPerSecond: (trunk) => config.trunks[trunk]?.calls_per_second ?? 1,
      longestCallMs: longestCallMs(config),
      clock,
      random: parts.random,
    }),
    brakes,
    overload,
    backlogs,
    admission: parts.admission,
    longestCallMs: longestCallMs(config),
    clock,
    random: parts.random,
    logger,
    health: ({ trunk, asterisk }) =>
      (asterisk === sipEngine ? sip?.health(trunk) : undefined) ??
      watches.get(asterisk)?.health(endpointOf(trunk, config.trunks[trunk] ?? {})) ?? {
        usable: true,
        why: "Asterisk is connected; no AMI to report more",
      },
  });
  const capture =
    config.sip_capture === undefined
      ? null
      : createSipCapture({ config: config.sip_capture, longestCallMs: longestOfAllMs(config), clock, logger });
  const readInbound = createInboundReader(config.trunks, { logger, clock });
  const dialer = createDialer({ callControls: controls, config, slots, capture, clock, logger });

  return {
    dialer,
    slots,
    paths: () => slots.paths(),
    brakes,
    overloadLimit: () => overload.callsPerSecond,
    sip: () => sip?.status() ?? null,
    async start() {
      loopDelay.enable();
      // Before any call can be placed.
      await capture?.start();
      const starting = [...controls.values(), ...watches.values()].map((part) => part.start());
      await Promise.all(starting);
    },
    async stop() {
      loopDelay.disable();
      slots.stop();
      for (const watch of watches.values()) watch.stop();
      await Promise.all([...controls.values()].map((control) => control.stop()));
      capture?.stop();
    },
    onInbound(receiver) {
      for (const [asterisk, control] of controls) {
        control.onInbound((call) => {
          if (asterisk === sipEngine) sipCall(call);
          const read = readInbound(asterisk, call);
          if (read !== null) receiver(read);
        });
      }
    },
    media: (asterisk) => controls.get(asterisk)?.media ?? null,
    asterisks: () => [...controls].map(([name, control]) => [name, control.connected] as const),
    traces(id) {
      const kept = [sip?.traces, capture?.traces].filter((traces) => traces != null);
      return kept.length === 0 ? null : kept.flatMap((traces) => traces.find(id));
    },
    reloadSip(next) {
      sip?.reloadIdentity(next.sip?.identity);
      if (next.sip === undefined) return;
      try {
        sip?.reloadCertificates({ sip: next.sip, trunks: next.trunks });
      } catch (err) {
        logger.error({ err }, "SIP certificates not replaced: new connections use those from before");
      }
    },
  };
}

export interface DriverParts extends Pick<TelephonyParts, "clock" | "random" | "logger"> {
  /** Whether it must report `progress`; default true. */
  readonly withProgress?: boolean;
  /** Sounds whose languages are to be known; default none. */
  readonly watchedSounds?: readonly string[];
}

/** A new driver of the schema's `driver` must be named here, or this does not compile. */
const drivers: Readonly<
  Record<AsteriskConfig["driver"], (asterisk: AsteriskConfig, parts: DriverParts) => CallControl>
> = {
  "ari-websocket": (asterisk, parts) => createAriWebSocketDriver({ ...parts, asterisk: ariOf(asterisk) }),
  "ari-client": (asterisk, parts) => createAriClientDriver({ ...parts, asterisk: ariOf(asterisk) }),
  "asterisk-manager": (asterisk, parts) => createAsteriskManagerDriver({ ...parts, asterisk: amiOf(asterisk) }),
};

/** Calls over one Asterisk, by the driver that its configuration names. */
export function createDriver(asterisk: AsteriskConfig, parts: DriverParts): CallControl {
  return drivers[asterisk.driver](asterisk, parts);
}
