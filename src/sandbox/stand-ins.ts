/** All stand-ins of a sandbox, started and connected to the inbox. */
import { failureOf } from "./providers/failures.ts";
import type { FailureKind, StandIn, StandInMessage } from "./providers/provider.ts";

export interface RunningStandIns {
  /** Parts of the configuration that lead the gateway to them. */
  readonly configs: readonly Readonly<Record<string, unknown>>[];
  /** The gateway listens at this address. */
  setGateway(url: string): void;
  /** The channels whose stand-ins can fail in this way. */
  channelsThatFail(kind: FailureKind): readonly string[];
  /** Recipients of channels whose recipients are neither numbers nor addresses: one for each stand-in. */
  recipients(ending: string | null): readonly { readonly standIn: string; readonly to: string }[];
  stop(): Promise<void>;
}

/**
 * Starts them. What had been started before one failed is stopped again.
 * @throws where one cannot listen
 */
export async function startStandIns(
  standIns: readonly StandIn[],
  receive: (message: StandInMessage) => void,
): Promise<RunningStandIns> {
  const stop = async () => {
    await Promise.all(standIns.map((standIn) => standIn.stop()));
  };
  for (const standIn of standIns) {
    standIn.onMessage(receive);
    standIn.setFailure(failureOf);
  }
  const started = await Promise.allSettled(standIns.map((standIn) => standIn.start()));
  const failed = started.find((result) => result.status === "rejected");
  if (failed) {
    await stop();
    throw failed.reason;
  }
  return {
    configs: standIns.map((standIn) => standIn.config()),
    setGateway(url) {
      for (const standIn of standIns) standIn.setGateway?.(url);
    },
    channelsThatFail: (kind) => [
      ...new Set(standIns.filter(({ failures }) => failures.includes(kind)).map(({ channel }) => channel)),
    ],
    recipients: (ending) =>
      standIns.flatMap((standIn) =>
        standIn.recipient ? [{ standIn: standIn.name, to: standIn.recipient(ending) }] : [],
      ),
    stop,
  };
}
