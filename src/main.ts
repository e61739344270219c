#!/usr/bin/env node
/** The `onering` command: argv → command. Each command is loaded only when it is asked for. */
import { parseArgs } from "node:util";
import type { DatabaseValues } from "./commands/scrub-database-options.ts";
import type { ScrubValues } from "./commands/scrub-options.ts";
import { commands, helpOf, isCommand, overview } from "./commands/usage.ts";
import { UsageError, unknownCommand, usageProblem } from "./commands/usage-error.ts";
import { version } from "./shared/version.ts";

/** Bad command line: EX_USAGE of sysexits.h. */
const exitUsage = 64;
/** Bad configuration: EX_CONFIG of sysexits.h. */
const exitConfig = 78;
/** Older ones lack `hash` of node:crypto, and what the dependencies use. */
const oldestNode = [20, 12] as const;
/** What is left open after a failed command, such as a connection that is being made, does not keep the process. */
const exitDeadlineMs = 1000;

interface Values {
  readonly config?: string;
  readonly json?: boolean;
  readonly gateway?: string;
  readonly canary?: boolean;
  readonly to?: string;
  readonly sandbox?: string;
  readonly driver?: string;
  readonly "dry-run"?: boolean;
  readonly "take-out-last-trunk"?: boolean;
  readonly sounds?: string;
  readonly languages?: string;
  readonly from?: string;
  readonly app?: string;
  readonly format?: string;
  readonly out?: string;
  readonly jwt?: boolean;
  readonly approval?: string;
  readonly profile?: string;
  readonly scopes?: string;
  readonly expires?: string;
  readonly overlap?: string;
  readonly help?: boolean;
}

async function main(argv: readonly string[]): Promise<number> {
  refuseOldNode();
  const [first = "help", ...rest] = argv;
  if (["--version", "-v", "-V"].includes(first)) return print(`${version}\n`);
  if (["--help", "-h"].includes(first)) return print(overview);
  if (!isCommand(first)) throw unknownCommand(first);
  if (first === "version") return print(`${version}\n`);
  if (first === "help") return print(helpText(rest[0]));

  const options = { ...commands[first].options, help: { type: "boolean", short: "h" } } as const;
  const allowPositionals = commands[first].words === true;
  const parsed = parseArgs({ args: rest, options, strict: true, allowPositionals });
  const values = parsed.values as Values;
  if (values.help === true) return print(helpOf(first));
  const configFile = () => {
    if (values.config === undefined) throw new UsageError(`${first} needs --config FILE`);
    return values.config;
  };
  const json = values.json ?? false;
  switch (first) {
    case "sandbox": {
      const { sandbox } = await import("./commands/sandbox.ts");
      return await sandbox(sandboxDriver(values.driver));
    }
    case "serve": {
      const path = configFile();
      const { serve } = await import("./commands/serve.ts");
      return await serve(path);
    }
    case "check": {
      const path = configFile();
      const { check } = await import("./commands/check.ts");
      return await check(path, { json });
    }
    case "doctor": {
      const path = configFile();
      const canary = canaryOptions(values);
      const { doctor } = await import("./commands/doctor.ts");
      return await doctor(path, { canary, json });
    }
    case "migrate": {
      const path = configFile();
      const { migrate } = await import("./commands/migrate.ts");
      return await migrate(path, { dryRun: values["dry-run"] ?? false });
    }
    case "cdrs": {
      const path = configFile();
      const options = await exportOptions(values);
      const { cdrs } = await import("./commands/cdrs.ts");
      return await cdrs(path, options);
    }
    case "trace": {
      const { readTraceOptions, trace } = await import("./commands/trace.ts");
      return await trace(usable(readTraceOptions(parsed.positionals, values)));
    }
    case "scrub": {
      const { isAboutDatabase, readDatabaseOptions } = await import("./commands/scrub-database-options.ts");
      if (isAboutDatabase(parsed.values)) {
        const act = usable(readDatabaseOptions(parsed.positionals, parsed.values as DatabaseValues));
        const { scrubDatabase } = await import("./commands/scrub-database.ts");
        return await scrubDatabase(act);
      }
      const { readScrubAct } = await import("./commands/scrub-options.ts");
      const act = usable(readScrubAct(parsed.positionals, parsed.values as ScrubValues));
      const { scrub } = await import("./commands/scrub.ts");
      return await scrub(act);
    }
    case "prompts": {
      const { sounds: folder, languages } = values;
      if (folder === undefined) throw new UsageError("prompts needs --sounds FOLDER");
      const { prompts } = await import("./commands/prompts.ts");
      return await prompts({ folder, languages: languages?.split(",") ?? null });
    }
    case "apps": {
      const { readAppsAct } = await import("./commands/apps-options.ts");
      const act = usable(readAppsAct(parsed.positionals, values));
      const path = configFile();
      const { apps } = await import("./commands/apps.ts");
      return await apps(path, act, { json });
    }
    case "keys": {
      const { readKeysAct } = await import("./commands/apps-options.ts");
      const act = usable(readKeysAct(parsed.positionals, values));
      const path = configFile();
      const { keys } = await import("./commands/keys.ts");
      return await keys(path, act, { json });
    }
    case "key": {
      const path = values.approval === undefined ? "" : configFile();
      const { printApprovalSecret, printNewKey, printNewProofKey } = await import("./commands/key.ts");
      if (values.approval !== undefined) return await printApprovalSecret(values.approval, path);
      return values.jwt === true ? printNewProofKey() : printNewKey();
    }
  }
}

function refuseOldNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [needed, neededMinor] = oldestNode;
  if (major > needed || (major === needed && minor >= neededMinor)) return;
  throw new Error(`Node ${oldestNode.join(".")} or newer is needed; this is ${process.versions.node}`);
}

/** @throws {UsageError} where there is no such command */
function helpText(command: string | undefined): string {
  if (command === undefined || command.startsWith("-")) return overview;
  if (!isCommand(command)) throw unknownCommand(command);
  return helpOf(command);
}

/** @throws {UsageError} where there is no such driver */
function sandboxDriver(driver = "asterisk"): "asterisk" | "sip" {
  if (driver === "asterisk" || driver === "sip") return driver;
  throw new UsageError(`--driver is asterisk or sip, not ${JSON.stringify(driver)}`);
}

/** @throws {UsageError} where options of the canary are given without it */
function canaryOptions({ canary = false, to, sandbox, ...values }: Values) {
  const { "dry-run": dryRun, "take-out-last-trunk": takeOutLast } = values;
  if (canary) {
    const outages = { dryRun: dryRun ?? false, takeOutLast: takeOutLast ?? false };
    return { number: to ?? null, sandboxUrl: sandbox ?? null, ...outages };
  }
  if ([to, sandbox, dryRun, takeOutLast].every((option) => option === undefined)) return null;
  throw new UsageError("--to, --sandbox, --dry-run and --take-out-last-trunk go with --canary");
}

/** @throws {UsageError} where a time or the format is none */
async function exportOptions({ from, to, app, format = "csv", out }: Values) {
  const { readExportOptions } = await import("./commands/cdrs-options.ts");
  return usable(readExportOptions({ from, to, app, format, out }));
}

/** @throws {UsageError} with what is wrong */
function usable<T extends object>(read: T | { readonly wrong: string }): T {
  if ("wrong" in read) throw new UsageError(read.wrong);
  return read;
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const usage = usageProblem(error, process.argv.slice(2));
  const isConfig = error instanceof Error && error.name === "ConfigError";
  process.stderr.write(`onering: ${usage ?? (error instanceof Error ? error.message : String(error))}\n`);
  process.exitCode = usage !== null ? exitUsage : isConfig ? exitConfig : 1;
  setTimeout(() => process.exit(), exitDeadlineMs).unref();
}
