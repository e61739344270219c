/** `NAME_FILE`: the file that holds the value of `${NAME}`, as container secrets and systemd credentials are given. */
import { readFileSync, statSync } from "node:fs";
import { ownEntry } from "../shared/own-entry.ts";
import type { Environment } from "./environment.ts";

/** A private key in PEM takes a few KiB. */
const largestBytes = 65_536;

export type Variable = { readonly value: string } | { readonly expected: string };

/**
 * Reads one environment variable, or the file that `<name>_FILE` names; one line break at the file's end is dropped.
 * @returns its value, or what would have to be there instead; quotes no value
 */
export function readVariable(name: string, env: Environment): Variable {
  const own = (key: string) => ownEntry(env, key) ?? "";
  const value = own(name);
  const file = own(`${name}_FILE`);
  if (value !== "" && file !== "") return { expected: `only one of the variables ${name} and ${name}_FILE` };
  if (value !== "") return { value };
  if (file === "") return { expected: `the environment variable ${name}, which is not set or is empty` };
  const text = readSecret(file);
  if (typeof text === "object") return { expected: `a readable file in ${name}_FILE (${text.why})` };
  return text === "" ? { expected: `a file in ${name}_FILE that is not empty` } : { value: text };
}

function readSecret(file: string): string | { readonly why: string } {
  try {
    if (statSync(file).size > largestBytes) return { why: `more than ${largestBytes} bytes` };
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    return { why: (error as NodeJS.ErrnoException).code ?? "unknown error" };
  }
}
