/**
 * A script as a Redis library of one function (FUNCTION LOAD), for FCALL. Redis makes the functions and tables of a library
 * once, when it is loaded, and those of a script on each run. A library is named after its text, so that two versions, or two
 * configurations, never call each other's.
 */
import { createHash } from "node:crypto";
import { gatherFunctions } from "./lua-text.ts";

export interface Library {
  /** Of the library, and of its function. */
  readonly name: string;
  readonly text: string;
}

export const libraryPrefix = "onering_";
/** 80 bits: no two of a few hundred texts are alike by chance. Redis looks the name up at each call. */
const nameDigits = 20;

/** @param script with its includes: see scripts.ts */
export function libraryOf(script: string): Library {
  const [first = "", ...lines] = script.split("\n");
  const flags = /flags=(\S+)/.exec(first)?.[1]?.split(",") ?? [];
  const { defined, run } = gatherFunctions(lines.join("\n"));
  const text = [
    // A function gets as parameters what a script has as globals.
    "local KEYS, ARGV",
    ...defined,
    "redis.register_function({",
    `  function_name = 'NAME', flags = { ${flags.map((flag) => `'${flag}'`).join(", ")} },`,
    "  callback = function(keys, args)",
    "KEYS, ARGV = keys, args",
    ...run,
    "end })",
    "",
  ].join("\n");
  const name = libraryPrefix + createHash("sha256").update(text).digest("hex").slice(0, nameDigits);
  return { name, text: `#!lua name=${name}\n${text.replace("'NAME'", `'${name}'`)}` };
}
