/** The commands of docs/records.md, word for word, against records that are being written. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { runCommand } from "../../../src/local/process/run-command.ts";
import { createRecordsSink } from "../../../src/records/sink.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { describeOnBothBackends } from "../../support/records.ts";
import { storedEvent } from "../../support/stored-events.ts";

const root = path.join(import.meta.dirname, "../../..");
const page = await readFile(path.join(root, "docs/records.md"), "utf8");

/** The commands of a fenced block, with the page's names replaced. */
function commandsOf(section: string, names: Readonly<Record<string, string>>): string {
  const block = new RegExp(`^#+ ${section}\\n[\\s\\S]*?\`\`\`sh\\n([\\s\\S]*?)\`\`\``, "m").exec(page)?.[1];
  if (block === undefined) throw new Error(`docs/records.md has no commands under ${section}`);
  return Object.entries(names).reduce((text, [name, value]) => text.replaceAll(name, value), block);
}

async function shell(script: string, env: Readonly<Record<string, string>>): Promise<void> {
  const { code, output } = await runCommand("sh", ["-euc", `cd "${root}"\n${script}`], {
    deadlineMs: 60_000,
    env: { ...process.env, ...env },
  });
  expect({ code, output }).toMatchObject({ code: 0 });
}

describeOnBothBackends("backup and restore", (open) => {
  test("a backup that is made while events are written holds what had been written, and is restored", async () => {
    const records = await open();
    const sink = createRecordsSink({ records, parts: [], metrics: { wrote() {} }, clock: systemClock });
    for (let n = 0; n < 20; n++) await sink.append([storedEvent(`v${n}`, 1), storedEvent(`v${n}`, 2)]);
    let writing = true;
    const writer = (async () => {
      for (let n = 20; writing; n++) await sink.append([storedEvent(`v${n}`, 1), storedEvent(`v${n}`, 2)]);
    })();
    const next = await open.newUrl();
    const sqlite = open.backend === "sqlite";
    const folder = path.dirname(sqlite ? records.url.slice("sqlite:".length) : await open.scratch());
    const names = sqlite
      ? {
          "/var/lib/onering/records.sqlite": records.url.slice("sqlite:".length),
          "/var/backups/onering": path.join(folder, "backup"),
          "cd /opt/onering": "true",
          "node_modules/.bin/node": process.execPath,
        }
      : {
          "/var/backups/onering": path.join(folder, "backup"),
          "postgres://onering:PASSWORD@db/onering_restored": next,
          "postgres://onering:PASSWORD@db/onering": records.url,
        };
    const env = sqlite
      ? {}
      : { PATH: `${open.postgres().programs.bin}:${process.env.PATH}`, ...open.postgres().programs.env };
    const backend = sqlite ? "SQLite" : "PostgreSQL";
    await shell(commandsOf(`Back up ${backend}`, names), env);
    writing = false;
    await writer;
    await records.close();
    await shell(commandsOf(`Restore ${backend}`, names), env);
    const restored = await open({ url: sqlite ? records.url : next });
    const rows = await restored.read((db) =>
      db.selectFrom("events").select(["verification", "seq"]).orderBy("verification").execute(),
    );
    expect(rows.length).toBeGreaterThanOrEqual(40);
    expect(rows.length % 2).toBe(0);
  });
});
