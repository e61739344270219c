/** SIPp as a carrier that can be killed, frozen, and brought back on its port. */
import { type SippCarrier, type SippOptions, startSipp } from "../../support/sipp.ts";
import type { PhoneLog } from "../phones.ts";
import { wallMs } from "../time.ts";

export interface CarrierProcess {
  readonly port: number;
  readonly pid: number;
  /** What the phones behind it saw, one log for each start. */
  readonly logs: readonly PhoneLog[];
  /** How it ended, though nobody killed it; null: it runs. */
  readonly fault: string | null;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

interface Run {
  readonly carrier: SippCarrier;
  diedAtMs: number | null;
  fault: string | null;
}

export async function startCarrierProcess(options: SippOptions): Promise<CarrierProcess> {
  const runs: Run[] = [];
  async function start(port?: number): Promise<Run> {
    const carrier = await startSipp({ ...options, ...(port === undefined ? {} : { port }) });
    const run: Run = { carrier, diedAtMs: null, fault: null };
    runs.push(run);
    void carrier.exited.then(({ code, signal }) => {
      if (run.diedAtMs === null) run.fault = `ended by itself (${signal ?? code}): ${carrier.output().slice(-300)}`;
    });
    return run;
  }
  let running = await start();
  const { port } = running.carrier;
  return {
    port,
    get pid() {
      return running.carrier.pid;
    },
    get logs() {
      return runs.map(({ carrier, diedAtMs }) => ({ messages: carrier.messages, diedAtMs }));
    },
    get fault() {
      return running.fault;
    },
    async kill() {
      running.diedAtMs = wallMs();
      process.kill(running.carrier.pid, "SIGKILL");
      await running.carrier.exited;
    },
    async restart() {
      running = await start(port);
    },
    async stop() {
      for (const run of runs) {
        run.diedAtMs ??= wallMs();
        await run.carrier.stop();
      }
    },
  };
}
