import { diskFull } from "./errors.ts";

/** One sentence about why apt failed, for a person. */
export function explainAptFailure(output: string): string {
  const complaints = output.split("\n").filter((line) => /^[EW]: |^Err:/.test(line));
  const last = complaints.slice(-3).join("\n");
  if (/No space left on device|not enough free space|don't have enough/i.test(output)) {
    return `${diskFull}\n${last}`;
  }
  if (
    /Temporary failure resolving|Could not resolve|Could not connect|Connection failed|Network is unreachable|timed out/i.test(
      output,
    )
  ) {
    return `The package archive cannot be reached: is this machine offline, or does apt need a proxy?\n${last}`;
  }
  if (/Unable to locate package|has no installation candidate/i.test(output)) {
    return `This machine's package archive does not carry what is needed.\n${last}`;
  }
  return `apt-get failed.\n${last || output.slice(-500)}`;
}
