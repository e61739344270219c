/** A command line that cannot be read: what is wrong, in one line, and where its help is. */
import { didYouMean } from "../typed-yaml/nearest.ts";
import { commandNames, commands, isCommand } from "./usage.ts";

const sandboxHasNoFile =
  "sandbox takes no --config: it makes its own, and is not for production; a gateway runs by `onering serve --config FILE`.";

/** Its message says what is wrong with the command line. */
export class UsageError extends Error {}

/** @returns with the nearest commands, where one is near */
export function unknownCommand(name: string): UsageError {
  return new UsageError(`unknown command ${JSON.stringify(name)}${didYouMean(name, commandNames)}`);
}

/**
 * What is wrong with the command line, by our own error or that of `util.parseArgs`.
 * @returns null for any other error
 */
export function usageProblem(error: unknown, argv: readonly string[]): string | null {
  if (!(error instanceof Error)) return null;
  const [command = ""] = argv;
  const problem = error instanceof UsageError ? error.message : parsingProblem(error, command);
  if (problem === null) return null;
  return `${problem}\nSee \`onering ${isCommand(command) && command !== "help" ? `${command} ` : ""}--help\`.`;
}

function parsingProblem(error: Error, command: string): string | null {
  const { code } = error as NodeJS.ErrnoException;
  if (code?.startsWith("ERR_PARSE_ARGS") !== true) return null;
  const [, option] = /^Unknown option '([^']+)'/.exec(error.message) ?? [];
  if (option === undefined) return error.message;
  if (command === "sandbox" && option === "--config") return sandboxHasNoFile;
  const known = isCommand(command) ? Object.keys(commands[command].options).map((name) => `--${name}`) : [];
  return `unknown option ${option}${didYouMean(option, [...known, "--help"])}`;
}
