import { availableParallelism } from "node:os";
import { mostProcesses, type ServerConfig } from "./config.ts";

/** How many processes the configuration means on this machine. */
export function processCount(
  { processes }: Pick<ServerConfig, "processes">,
  cores: () => number = availableParallelism,
): number {
  return processes === "auto" ? Math.min(mostProcesses, cores()) : processes;
}
