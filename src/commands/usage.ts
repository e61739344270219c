/** The command line: which commands there are, what each takes, and the help text of each. */
import { databaseHelp, databaseOptions } from "./scrub-database-options.ts";
import { scrubOptions } from "./scrub-options.ts";

export const commandNames = [
  "sandbox",
  "serve",
  "check",
  "doctor",
  "migrate",
  "cdrs",
  "trace",
  "scrub",
  "prompts",
  "apps",
  "keys",
  "key",
  "version",
  "help",
] as const;
export type CommandName = (typeof commandNames)[number];

interface Command {
  readonly synopsis: string;
  readonly summary: string;
  /** Takes words beside options: `apps add shop`. */
  readonly words?: true;
  /** Further lines of its own help: options, exit codes. */
  readonly details: string;
  readonly options: Readonly<Record<string, { readonly type: "string" | "boolean"; readonly short?: string }>>;
}

const config = { config: { type: "string" } } as const;
const json = { json: { type: "boolean" } } as const;

export const commands: Readonly<Record<CommandName, Command>> = {
  sandbox: {
    synopsis: "onering sandbox [--driver sip]",
    summary: "everything on this machine, no set-up needed; not for production",
    details: `Starts a private Asterisk, Redis and a simulated phone on loopback, and fetches what is missing.
ONERING_HTTP_PORT sets the port of the page (8080).
  --driver sip   no Asterisk: the gateway places the calls itself, over its own SIP; without the channel voice`,
    options: { driver: { type: "string" } },
  },
  serve: {
    synopsis: "onering serve --config FILE",
    summary: "the gateway, in production",
    details: `Logs JSON lines on standard output. SIGTERM drains and stops; SIGHUP reloads the configuration.
With server.processes above 1 this process starts so many gateways on one port, and signals to it are for all of them.
Exit codes: 0 stopped by a signal, 1 cannot start, or a process ended again and again (the last log line says why),
78 invalid configuration.`,
    options: config,
  },
  check: {
    synopsis: "onering check --config FILE [--json]",
    summary: "checks a configuration without connecting to anything",
    details: `Reads the file, \${NAME} variables and ONERING_* overrides as serve does.
  --json   {"valid", "problems": [{path, source, given, expected, message}], "findings": [{level, what, fix}]}
Exit codes: 0 valid, 1 valid but a trunk cannot place any call, 78 invalid configuration.`,
    options: { ...config, ...json },
  },
  doctor: {
    synopsis: "onering doctor --config FILE [--json] [--canary [--to +NUMBER] [--sandbox URL] [--dry-run]]",
    summary: "checks configuration, Redis, Asterisk, trunks and caller IDs",
    details: `Changes nothing and places no calls without --canary. Levels of what it finds: ok; hint, nothing is wrong as far as
can be seen from here, and what to look at; warn; fail, the gateway cannot work so.
  --json         {"ready", "version", "findings": [{level, what, fix}]}
  --canary       calls your test number through each trunk: does the caller ID arrive as sent?
                 A trunk on which it arrives replaced or withheld is taken out of service.
  --to +NUMBER   test number, instead of canary.number
  --sandbox URL  the sandbox whose phone has that number, instead of canary.sandbox_url
  --dry-run      takes no trunk out of service and puts none back
  --take-out-last-trunk   takes a trunk out of service even where no other one is left to call over
Exit codes: 0 ready, 1 problems found, 78 invalid configuration.`,
    options: {
      ...config,
      ...json,
      canary: { type: "boolean" },
      to: { type: "string" },
      sandbox: { type: "string" },
      "dry-run": { type: "boolean" },
      "take-out-last-trunk": { type: "boolean" },
    },
  },
  migrate: {
    synopsis: "onering migrate --config FILE [--dry-run]",
    summary: "brings the tables of durable records to this version",
    details: `Make a backup first (docs/records.md). All changes are made, or none; several runs at once wait for each other.
  --dry-run   says what would be applied, and changes nothing
Exit codes: 0 up to date, 1 failed, or with --dry-run something is missing, 78 invalid configuration.`,
    options: { ...config, "dry-run": { type: "boolean" } },
  },
  cdrs: {
    synopsis: "onering cdrs --config FILE [--from TIME] [--to TIME] [--app NAME] [--format csv|ndjson] [--out FILE]",
    summary: "exports detail records of calls and messages",
    details: `Reads the records of records.url, also while the gateway runs; the newest record comes first.
  --from TIME    deliveries that began at this time or later: 2026-11-01T00:00:00Z, or 2026-11-01 (UTC)
  --to TIME      deliveries that began before this time
  --app NAME     of this app only
  --format NAME  csv (default) or ndjson, one JSON object a line
  --out FILE     into a file that only its owner can read, instead of standard output; it gets its name once it is whole
The number of records goes to standard error.
Exit codes: 0 all was written, 1 the records cannot be read or the file cannot be written, 78 invalid configuration.`,
    options: {
      ...config,
      from: { type: "string" },
      to: { type: "string" },
      app: { type: "string" },
      format: { type: "string" },
      out: { type: "string" },
    },
  },
  trace: {
    synopsis: "onering trace ID [--gateway URL] [--json]",
    summary: "prints the SIP messages of a call over a trunk with `sip`, as a ladder",
    details: `ID is a verification's, or a call attempt's (attemptId in the log). Asks a running gateway, which keeps the newest calls
(sip.trace_calls); of several gateways the one that placed the call. Numbers are masked, caller IDs too.
  --gateway URL   address of the gateway, default http://127.0.0.1:8080
  --json          as GET /v1/admin/calls/ID/trace answers
The environment variable ONERING_OPERATOR_KEY has an operator's key (admin.api_keys_sha256).
Exit codes: 0 printed, 1 the gateway does not answer, refuses, or does not know the call.`,
    options: { gateway: { type: "string" }, ...json },
    words: true,
  },
  scrub: {
    synopsis:
      "onering scrub FILE --out DIR [--column NAME] [--country ID] [--keep-landlines] [--yes] [--quiet | --json]\n" +
      "onering scrub --postgres|--mysql --table TABLE --column NAME --out DIR [--apply LIST] [--watch]\n" +
      "onering scrub --undo DIR",
    summary: "cleans a list of phone numbers (CSV, TSV, NDJSON, XLSX of any size), or a column of a database",
    details: `Writes DIR/clean.csv (numbers in E.164), DIR/rejects.csv (each row with its reason, and a suggestion), DIR/summary.json.
Needs no configuration, Redis or terminal. Run again after Ctrl-C or a full disk, it goes on where it was.
  --out DIR          folder for the results; it is made, and a finished run in it is never overwritten
  --column NAME      column of the phone numbers, by its name or its number from 1
  --country ID       ISO 3166 country of numbers in national format
                     Both are guessed where they are not given: a terminal asks, elsewhere --yes is needed
  --yes, -y          accepts the guesses
  --keep-landlines   landlines are clean too
  --config FILE      configuration whose section numbers says what may be called
  --format NAME      csv, tsv, ndjson or xlsx; guessed, as are --encoding (utf-8, latin-1, utf-16le, utf-16be),
                     --delimiter (comma, semicolon, tab, pipe) and --header or --no-header
  --sheet NAME       sheet of a workbook; default the first
  --workers N        threads; default one for each core, at most 4; 0: none
  --resume           only goes on with an unfinished run;  --restart  begins anew
  --quiet, -q        prints errors only;  --json  prints the summary as one line of JSON
${databaseHelp}
Exit codes: 0 all rows were done, 1 failed (the message says what to do), 64 column or country are not clear,
130 stopped by Ctrl-C, 143 by SIGTERM, 78 invalid configuration.`,
    options: { ...scrubOptions, ...databaseOptions },
    words: true,
  },
  prompts: {
    synopsis: "onering prompts --sounds FOLDER [--languages LIST]",
    summary: "adds the sounds that voice calls take to Asterisk's folder of sounds",
    details: `Makes with espeak-ng, as WAV files of 8 kHz, what a language lacks: the digits, "press 1 to hear your code", "your
code", "again". Existing files are kept, so prompts that you recorded stay.
  --sounds FOLDER    Asterisk's folder of sounds, with a folder for each language: /usr/share/asterisk/sounds on Debian
  --languages LIST   languages, separated by commas; default all for which there are texts
Exit codes: 0 every language is complete, 1 one is not.`,
    options: { sounds: { type: "string" }, languages: { type: "string" } },
  },
  apps: {
    synopsis: "onering apps add|list|show|remove [NAME] --config FILE [--profile FILE] [--json]",
    summary: "adds, shows and removes apps that are kept in the records",
    details: `Works on records and Redis directly, also while gateways run: they know a change within a second.
  apps list                          all apps, those of the configuration included
  apps show NAME                     one, with its profile
  apps add NAME [--profile FILE]     FILE has the keys of apps.NAME in the configuration, without api_keys_sha256: YAML or JSON
  apps remove NAME                   with its keys and webhook endpoints; its records stay until their time is over
  --json   as GET /v1/admin/apps answers
Apps of the configuration are changed there. Each act is in the audit log.
Exit codes: 0 done, 1 refused, or records or Redis do not answer, 78 invalid configuration or profile.`,
    options: { ...config, ...json, profile: { type: "string" } },
    words: true,
  },
  keys: {
    synopsis:
      "onering keys add|list|revoke|rotate APP [ID] --config FILE [--scopes LIST] [--expires TIME] [--overlap SECONDS] [--json]",
    summary: "makes, shows, replaces and revokes API keys of an app",
    details: `As onering apps; for apps of the configuration too. A key is shown once, only its hash is kept.
  keys list APP                      the keys that were made here, without the keys themselves
  keys add APP --scopes LIST         scopes: verify, lookup, live_lookup, custom_code, read, admin, separated by commas
  keys rotate APP ID                 a new key with the same scopes; the one before is valid for --overlap seconds (a day)
  keys revoke APP ID                 gateways refuse it within a second
  --expires TIME   when the new key ends: 2027-11-01T00:00:00Z, or 2027-11-01 (UTC)
  --json           as /v1/admin/apps/APP/keys answers
Exit codes: 0 done, 1 refused, or records or Redis do not answer, 78 invalid configuration.`,
    options: {
      ...config,
      ...json,
      scopes: { type: "string" },
      expires: { type: "string" },
      overlap: { type: "string" },
    },
    words: true,
  },
  key: {
    synopsis: "onering key [--jwt | --approval APP --config FILE]",
    summary: "generates an API key and its hash for the configuration",
    details: `Prints both; the key itself is not stored.
  --jwt   a private key that signs results instead (proofs.signing_key): PEM on standard output, its kid on standard error
  --approval APP   the secret with which questions to this app's approval webhook are signed`,
    options: { ...config, jwt: { type: "boolean" }, approval: { type: "string" } },
  },
  version: {
    synopsis: "onering version",
    summary: "prints the version",
    details: "Also: onering --version",
    options: {},
  },
  help: {
    synopsis: "onering help [COMMAND]",
    summary: "prints this text, or the help of a command",
    details: "Also: onering --help, onering COMMAND --help",
    options: {},
  },
};

export function isCommand(name: string): name is CommandName {
  return (commandNames as readonly string[]).includes(name);
}

export const overview = `onering: proves that a person holds a phone number by ringing it once

${commandNames.map((name) => `  onering ${name.padEnd(9)}${commands[name].summary}`).join("\n")}

\`onering COMMAND --help\` prints a command's options and exit codes.
`;

export function helpOf(name: CommandName): string {
  const { synopsis, summary, details } = commands[name];
  return `${synopsis}\n  ${summary}\n\n${details}\n`;
}
