/** Runs a program of Node on some cores only, and says what it took. */
import { spawn } from "node:child_process";
import { once } from "node:events";

/** Says at the end what a process took; plain JavaScript, for Node's own stripping of types takes memory too. */
const usageReport = `import { writeSync } from "node:fs";
process.on("exit", () => { const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
writeSync(3, JSON.stringify({ rssMb: maxRSS / 1024, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 })); });`;

/** Of the whole process, its start included. */
export interface Ended {
  readonly seconds: number;
  /** User and system time of all its threads. */
  readonly cpuSeconds: number;
  readonly rssMb: number;
  readonly output: string;
}

/** @param cores as taskset has them @throws where it fails */
export async function onCores(cores: string, args: readonly string[]): Promise<Ended> {
  const report = `data:text/javascript,${encodeURIComponent(usageReport)}`;
  const startedMs = performance.now();
  const child = spawn("taskset", ["-c", cores, process.execPath, "--import", report, ...args], {
    stdio: ["ignore", "pipe", "inherit", "pipe"],
  });
  const [output, usage] = await Promise.all([textOf(child.stdio[1]), textOf(child.stdio[3]), once(child, "close")]);
  const seconds = (performance.now() - startedMs) / 1000;
  if (child.exitCode !== 0) throw new Error(`${args[0]} ended with ${child.exitCode}`);
  return { seconds, output, ...(JSON.parse(usage) as Pick<Ended, "rssMb" | "cpuSeconds">) };
}

async function textOf(stream: unknown): Promise<string> {
  let text = "";
  for await (const piece of stream as AsyncIterable<Buffer>) text += piece.toString();
  return text;
}
