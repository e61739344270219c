#!/usr/bin/env node
/** The `onering` command: argv → command. Each command is loaded only when it is asked for. */
import { parseArgs } from "node:util";

const usage = `onering: proves that a person holds a phone number by ringing it once

  onering sandbox                       everything on this machine, nothing to set up
  onering serve   --config onering.yaml production
  onering doctor  --config onering.yaml checks config, Redis, Asterisk, trunks and caller IDs
                  --canary              calls your test number through each trunk: does the caller ID arrive as sent?
                                        What alters it is taken out of service.
                  [--to +NUMBER] [--sandbox URL] instead of those of the configuration's canary
                  [--dry-run]           takes nothing out of service
  onering key                           makes an API key and the hash for the configuration
  onering help
`;

/** Bad command line: EX_USAGE of sysexits.h. */
const exitUsage = 64;
/** Bad configuration: EX_CONFIG of sysexits.h. */
const exitConfig = 78;

const commonOptions = { config: { type: "string" } } as const;
const doctorOptions = {
  canary: { type: "boolean" },
  to: { type: "string" },
  sandbox: { type: "string" },
  "dry-run": { type: "boolean" },
} as const;

interface Values {
  readonly config?: string;
  readonly canary?: boolean;
  readonly to?: string;
  readonly sandbox?: string;
  readonly "dry-run"?: boolean;
}

async function main(argv: readonly string[]): Promise<number> {
  const [command = "help", ...rest] = argv;
  const options = command === "doctor" ? { ...commonOptions, ...doctorOptions } : commonOptions;
  const values: Values = parseArgs({ args: rest, options, strict: true }).values;
  const needConfig = () => {
    if (values.config === undefined) throw new UsageError(`${command} needs --config FILE`);
    return values.config;
  };
  switch (command) {
    case "sandbox": {
      if (values.config !== undefined)
        throw new UsageError("the sandbox takes no --config: it is never for production");
      const { sandbox } = await import("./commands/sandbox.ts");
      return await sandbox();
    }
    case "serve": {
      const path = needConfig();
      const { serve } = await import("./commands/serve.ts");
      return await serve(path);
    }
    case "doctor": {
      const path = needConfig();
      const { doctor } = await import("./commands/doctor.ts");
      return await doctor(path, canaryWishes(values));
    }
    case "key": {
      const { printNewKey } = await import("./commands/key.ts");
      return printNewKey();
    }
    case "help":
    case "--help":
      process.stdout.write(usage);
      return 0;
    default:
      throw new UsageError(`unknown command ${JSON.stringify(command)}`);
  }
}

/** @throws {UsageError} where options of the canary are given without it */
function canaryWishes({ canary = false, to, sandbox, "dry-run": dryRun }: Values) {
  if (canary) return { number: to ?? null, sandboxUrl: sandbox ?? null, dryRun: dryRun ?? false };
  if (to === undefined && sandbox === undefined && dryRun === undefined) return null;
  throw new UsageError("--to, --sandbox and --dry-run go with --canary");
}

class UsageError extends Error {}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError || (error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS");
  const isConfig = error instanceof Error && error.name === "ConfigError";
  process.stderr.write(
    `onering: ${error instanceof Error ? error.message : String(error)}\n${isUsage ? `\n${usage}` : ""}`,
  );
  process.exitCode = isUsage ? exitUsage : isConfig ? exitConfig : 1;
}
