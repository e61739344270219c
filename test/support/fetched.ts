/** Set-up file of tests that start programs: where `npm test` is still fetching those, they wait for the end of that. */
import { setTimeout as pause } from "node:timers/promises";

/** The environment variable with the process that fetches. Not ONERING_…: the gateway refuses those that it does not know. */
export const fetchPidVariable = "TESTS_FETCH_PID";
const lookEveryMs = 200;

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const fetcher = process.env[fetchPidVariable];
if (fetcher !== undefined) while (runs(Number(fetcher))) await pause(lookEveryMs);
