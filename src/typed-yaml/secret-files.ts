/** `NAME_FILE`: the file that holds the value of `${NAME}`, as container secrets and systemd credentials are given. */
import { readFileSync, statSync } from "node:fs";
import { ownEntry } from "../shared/own-entry.ts";
import type { Environment } from "./environment.ts";

/** A private key in PEM takes a few KiB. */
const largestBytes = 65_536;

export type Variable = { readonly value: string } | { readonly problem: string };

/**
 * Reads one environment variable, or the file that `<name>_FILE` names; one line break at the file's end is dropped.
 * @returns its value, or what is wrong; quotes no value
 */
export function readVariable(name: string, env: Environment): Variable {
  const own = (key: string) => ownEntry(env, key) ?? "";
  const value = own(name);
  const file = own(`${name}_FILE`);
  if (value !== "" && file !== "") return { problem: `both ${name} and ${name}_FILE are set; set one of them` };
  if (value !== "") return { value };
  if (file === "") return { problem: `the environment variable ${name} is not set or is empty` };
  const read = readSecret(file);
  return "value" in read ? read : { problem: `${name}_FILE names ${shown(file)}, which ${read.why}` };
}

function readSecret(file: string): { readonly value: string } | { readonly why: string } {
  try {
    if (statSync(file).size > largestBytes) return { why: `has more than ${largestBytes} bytes` };
    const value = readFileSync(file, "utf8").replace(/\r?\n$/, "");
    return value === "" ? { why: "is empty" } : { value };
  } catch (error) {
    const { code = "unknown error" } = error as NodeJS.ErrnoException;
    return { why: reasons[code] ?? `cannot be read (${code})` };
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "does not exist",
  EACCES: "this user may not read",
  EISDIR: "is a folder, not a file",
};

/** Only what is plainly a path: the secret itself may have been put into NAME_FILE by mistake. */
function shown(file: string): string {
  return /^\.{0,2}\/[\w./@:+-]{1,200}$/.test(file) ? file : "a file (its name is hidden: it does not look like a path)";
}
