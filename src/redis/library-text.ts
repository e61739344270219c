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
  const { names, own, lines: body } = withOwnNames([...defined, ...run]);
  const globals = own.length === 0 ? [] : [`if not ${own[0]} then ${own.join(", ")} = ${names.join(", ")} end`];
  const text = [
    // A function gets as parameters what a script has as globals.
    ["local KEYS, ARGV", ...own].join(", "),
    ...body.slice(0, defined.length),
    "redis.register_function({",
    `  function_name = 'NAME', flags = { ${flags.map((flag) => `'${flag}'`).join(", ")} },`,
    "  callback = function(keys, args)",
    "KEYS, ARGV = keys, args",
    // No global is there when the library is loaded.
    ...globals,
    ...body.slice(defined.length),
    "end })",
    "",
  ].join("\n");
  const name = libraryPrefix + createHash("sha256").update(text).digest("hex").slice(0, nameDigits);
  return { name, text: `#!lua name=${name}\n${text.replace("'NAME'", `'${name}'`)}` };
}

/** Functions that scripts call by a global name. */
const globalName =
  /(?<![\w.:'"])(?:redis\.call|(?:math|string|table|cjson|struct)\.[a-z_]+|tonumber|tostring|ipairs|pairs|unpack)(?=\()/g;

/**
 * Calls them by local names: a function of a library finds a global name in two tables, one after the other, and the function of a
 * module in a third.
 */
function withOwnNames(lines: readonly string[]) {
  const found = new Map<string, string>();
  const changed = lines.map((line) =>
    line.replaceAll(globalName, (name) => {
      const local = `${name.replace(".", "_")}_`;
      found.set(name, local);
      return local;
    }),
  );
  return { names: [...found.keys()], own: [...found.values()], lines: changed };
}
