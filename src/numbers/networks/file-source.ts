/**
 * The operator's own file of number ranges. It is read as a stream, so that millions of lines neither fill the memory nor stop
 * what goes on beside; what was loaded before holds until the new file is complete and has no fault.
 */
import { createReadStream } from "node:fs";
import { readFileLine } from "./file-line.ts";
import { createPrefixIndex } from "./prefix-index.ts";
import type { Network } from "./types.ts";

export interface FileRanges {
  /** Ranges that were loaded. */
  readonly rows: number;
  of(e164: string): Network | null;
}

/** What is wrong with a file, each with its line; holds no number. */
export class RangesFileError extends Error {
  readonly problems: readonly string[];

  constructor(path: string, problems: readonly string[]) {
    super(`${path}: ${problems.join("; ")}`);
    this.name = "RangesFileError";
    this.problems = problems;
  }
}

/** An operator corrects a file by its first faults. */
const mostProblems = 20;
/** Networks that differ in name, code or ported; there are about 2,000 in the world. */
const mostNetworks = 100_000;

/** @throws {RangesFileError} */
export async function loadRanges(path: string, maxRows: number): Promise<FileRanges> {
  const prefixes = createPrefixIndex();
  const networks: Network[] = [];
  const indexes = new Map<string, number>();
  const problems: string[] = [];
  let line = 0;

  function indexOf({ name, mccMnc, ported }: Omit<Network, "source">): number {
    const key = `${mccMnc} ${ported} ${name}`;
    const known = indexes.get(key);
    if (known !== undefined) return known;
    indexes.set(key, networks.length);
    return networks.push({ name, mccMnc, source: "file", ported }) - 1;
  }

  /** @returns whether the rest is worth reading */
  function take(text: string): boolean {
    line++;
    const read = readFileLine(text, line === 1);
    if (read === null) return true;
    if ("problem" in read) problems.push(`line ${line}: ${read.problem}`);
    else if (prefixes.size >= maxRows) problems.push(`line ${line}: more than max_rows (${maxRows}) ranges`);
    else if (networks.length >= mostNetworks) problems.push(`line ${line}: more than ${mostNetworks} networks`);
    else if (!prefixes.add(read.prefix, indexOf(read.network)))
      problems.push(`line ${line}: its prefix was given before`);
    return problems.length < mostProblems && prefixes.size < maxRows + 1 && networks.length < mostNetworks;
  }

  try {
    await eachLine(path, take);
  } catch (error) {
    throw new RangesFileError(path, [
      `it cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`,
    ]);
  }
  if (problems.length === 0 && prefixes.size === 0) problems.push("it holds no range");
  if (problems.length > 0) throw new RangesFileError(path, problems);
  return {
    rows: prefixes.size,
    of: (e164) => networks[prefixes.longest(e164.slice(1))] ?? null,
  };
}

/** Between its parts other work goes on. @param take returns false to stop */
async function eachLine(path: string, take: (line: string) => boolean): Promise<void> {
  let rest = "";
  for await (const chunk of createReadStream(path, { encoding: "utf8", highWaterMark: 65_536 })) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (!take(line.endsWith("\r") ? line.slice(0, -1) : line)) return;
    // A line without an end would be collected for ever; it is too long long before.
    if (rest.length > 65_536 && !take(rest)) return;
    if (rest.length > 65_536) rest = "";
  }
  if (rest !== "") take(rest);
}
