/** What the parts of the conformance suite share: a driver on a world of its own, and ways to place calls with it. */
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { afterEach, beforeEach, expect, onTestFailed, vi } from "vitest";
import type { AsteriskConfig } from "../../../../src/telephony/asterisk/config.ts";
import type { CallControl, CallRequest, OriginateRefusal } from "../../../../src/telephony/call-control/port.ts";
import { ariRequest } from "../../../support/ari-request.ts";
import { type CallLog, recordCalls } from "../../../support/call-log.ts";
import type { Speaks } from "../../../support/server-messages.ts";
import { keepingLogger, type World, withWorld } from "../world.ts";

export interface DriverUnderTest {
  /** As the configuration names it. */
  readonly driver: AsteriskConfig["driver"];
  readonly create: (asterisk: AsteriskConfig, logger: Logger) => CallControl;
  /** Which of Asterisk's interfaces it talks to: there the suite breaks the connection and puts in messages. */
  readonly listensAt: Speaks;
  /** Whether one process may have it for several Asterisks. */
  readonly several: boolean;
  /** Whether it knows the Call-ID of a call that ended. */
  readonly tellsSipCallId: boolean;
  /** Whether it can play sounds on an answered call: its `media` is not null. */
  readonly plays: boolean;
}

/** What differs in how drivers tell the same call. */
export interface CallTraits {
  readonly tellsSipCallId: boolean;
  readonly plays: boolean;
  /** Asterisk derives a Q.850 cause of each end; our own SIP has the carrier's alone. Default true. */
  readonly derivesCauses?: boolean;
  /** Whether it refuses a call where nothing answers at the carrier's address. Over UDP our own SIP cannot know. Default true. */
  readonly noticesGone?: boolean;
}

export const callee = "+447700900123";
export const callerId = "+12025550147";

/** What the cases about calls need, whether an Asterisk places them or not. */
export interface CallSetting {
  world(): Pick<World, "carrier" | "channels">;
  /** The driver that each test begins with, connected. */
  driver(): CallControl;
  log(): CallLog;
  /** What the driver logged so far. */
  logged(): string;
  request(changed?: Partial<CallRequest>): CallRequest;
  /** Places a call; gives its id. */
  place(changed?: Partial<CallRequest>): Promise<string>;
  /** Places a call; says how that was refused. */
  refusal(call: CallRequest): Promise<OriginateRefusal | "placed">;
  /** Waits until no call is left: Asterisk has no channel, our own SIP no call. */
  nothingIsUp(): Promise<void>;
}

export interface Setting extends CallSetting {
  world(): World;
  /** Ends the driver and starts another, with other settings. */
  restart(changed?: Partial<AsteriskConfig>): Promise<void>;
  /** Asterisk's own word for the state of a call's channel; undefined: there is none. */
  channelState(callId: string): Promise<string | undefined>;
}

/** Call it inside the suite's `describe`. */
export function withSetting(under: DriverUnderTest): Setting {
  const world = withWorld(under);
  let driver: CallControl;
  let log: CallLog;
  let logs: ReturnType<typeof keepingLogger>;

  async function start(changed: Partial<AsteriskConfig> = {}): Promise<void> {
    logs = keepingLogger();
    driver = under.create(world().config(changed), logs.logger);
    log = recordCalls(driver);
    await driver.start();
  }

  const request = (changed: Partial<CallRequest> = {}) => ({
    callId: randomUUID(),
    endpoint: "carrier",
    callee,
    callerId,
    failSafeSeconds: 20,
    ...changed,
  });

  const nothingIsUp = () => vi.waitFor(async () => expect(await world().channels()).toEqual([]), { timeout: 8000 });

  beforeEach(async () => {
    await start();
    await log.connection(true);
    onTestFailed(() => void process.stderr.write(logs.text()));
  });
  afterEach(async () => {
    world().proxy.restore();
    await driver.stop();
    const { ari, ami } = world().asterisk;
    for (const secret of [ari.password, ami.password, callee.slice(1), callerId.slice(1)]) {
      expect(logs.text()).not.toContain(secret);
    }
    await nothingIsUp();
  });

  return {
    world,
    driver: () => driver,
    log: () => log,
    logged: () => logs.text(),
    async restart(changed) {
      await driver.stop();
      await start(changed);
    },
    request,
    async place(changed) {
      const call = request(changed);
      await driver.originate(call);
      return call.callId;
    },
    refusal: (call) =>
      driver.originate(call).then(
        () => "placed" as const,
        (error) => error.refusal as OriginateRefusal,
      ),
    nothingIsUp,
    async channelState(callId) {
      const { body } = await ariRequest(world().asterisk, "GET", "/channels");
      return (body as { id: string; state: string }[]).find(({ id }) => id.includes(callId))?.state;
    },
  };
}
