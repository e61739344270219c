/** Workbooks that openpyxl wrote. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { Program } from "../../../src/local/fetch/on-path.ts";
import { runtimeDir } from "../../../src/local/fetch/paths.ts";
import { ensureOpenpyxl } from "../../support/fetch/openpyxl.ts";
import { withLists } from "../../support/lists.ts";

const lists = withLists();
let python: Program;

beforeAll(async () => {
  python = await ensureOpenpyxl(runtimeDir, () => undefined);
});

/** Runs Python code, in which `file` is the path of the workbook. */
function write(name: string, code: string): void {
  const { command, args, env } = python;
  const header = "import sys, datetime, zipfile\nfrom openpyxl import Workbook\nfile = sys.argv[1]\n";
  const { status, stderr } = spawnSync(command, [...args, "-c", header + code, lists.path(name)], {
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
}

describe("a workbook", () => {
  it("is cleaned as a CSV file is: texts, numbers, dates, formulas, gaps", async () => {
    write(
      "shop.xlsx",
      `
book = Workbook()
sheet = book.active
sheet.append(["Name", "Phone", "Joined", "Balance", "Active"])
sheet.append(["Zoë, \\"Z\\"", "0812 3456 7890", datetime.date(2026, 11, 26), -12.5, True])
sheet.append(["as a number", 6281234567891, datetime.datetime(2026, 11, 26, 9, 30), 0.1, False])
sheet.append(["rounded", 6.28123E+11])
sheet.append(["a date", datetime.date(2026, 11, 26)])
sheet.append(["scientific text", "6.28123E+11"])
sheet.append(["again", "+62 812-3456-7891"])
sheet.append([None, None, None])
sheet.append(["a formula", "081234567892", None, "=1+1"])
sheet.append(["as it is", "=cmd|' /C calc'!A0"])
sheet["C20"] = "far below"
book.save(file)
`,
    );
    const { clean, rejects, summary } = await lists.clean("shop.xlsx");
    expect(clean.trimEnd().split("\n")).toEqual([
      "Name,Phone,Joined,Balance,Active",
      '"Zoë, ""Z""",+6281234567890,2026-11-26,-12.5,TRUE',
      "as a number,+6281234567891,2026-11-26 09:30:00,0.1,FALSE",
      "a formula,+6281234567892,,",
    ]);
    expect(rejects.trimEnd().split("\n")).toEqual([
      "Name,Phone,Joined,Balance,Active,reason,suggestion",
      "rounded,6.28123E+11,,,,number_rounded,",
      "a date,2026-11-26,,,,number_is_date,",
      "scientific text,6.28123E+11,,,,number_rounded,",
      "again,'+62 812-3456-7891,,,,duplicate,",
      // openpyxl writes formulas without their results.
      "as it is,,,,,number_invalid,",
      ",,far below,,,number_invalid,",
    ]);
    expect(summary).toMatchObject({ format: "xlsx", column: "Phone", rows: 9, clean: 3, duplicates: 1 });
    expect(readdirSync(lists.path("shop.xlsx.out")).sort()).toEqual(["clean.csv", "rejects.csv", "summary.json"]);
  });

  it("of several sheets is asked for the one that is meant", async () => {
    write(
      "sheets.xlsx",
      `
book = Workbook()
book.active.title = "Notes"
book.active.append(["nothing", "here"])
people = book.create_sheet("People & friends")
people.append(["phone"])
people.append(["081234567890"])
book.save(file)
`,
    );
    await expect(lists.open("sheets.xlsx", { sheet: "People" })).rejects.toThrow(
      'no sheet is named "People"; there are: "Notes", "People & friends"',
    );
    expect((await lists.clean("sheets.xlsx", { sheet: "People & friends" })).clean).toBe("phone\n+6281234567890\n");
  });

  it("that was ended anywhere goes on, and writes the same bytes", async () => {
    write(
      "long.xlsx",
      `
book = Workbook(write_only=True)
sheet = book.create_sheet("list")
sheet.append(["phone", "name"])
for row in range(9000):
    sheet.append(["0812%08d" % (row * 48271 % 100000000), "name %d %s" % (row, "x" * 40)])
book.save(file)
`,
    );
    const whole = await lists.clean("long.xlsx", { folder: lists.path("whole") });
    expect(whole.summary).toMatchObject({ rows: 9000, clean: 9000 });
    const folder = lists.path("ended");
    for (let run = 0; ; run++) {
      expect(run).toBeLessThan(20);
      const abort = new AbortController();
      const list = await lists.open("long.xlsx", { folder });
      if ((await list.run({ signal: abort.signal, onProgress: () => abort.abort() })).finished) break;
    }
    expect(lists.results(folder)).toEqual(whole);
  });

  it.each([
    [
      "unpacks to far more than it has",
      'zip.writestr("xl/worksheets/sheet1.xml", b"<worksheet><sheetData>" + b" " * 70_000_000)',
      /sheet1\.xml would unpack to 70000022 bytes; it is not read/,
    ],
    [
      "has entities that grow",
      `zip.writestr("xl/worksheets/sheet1.xml", '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet><sheetData><row><c t="str"><v>&b;</v></c></row></sheetData></worksheet>')`,
      /workbook cannot be read/,
    ],
    [
      "has a text without an end",
      'zip.writestr("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row><c t=\'str\'><v>" + b"12345678" * 1_000_000)',
      /a text in it is too long/,
    ],
    ["leads out of itself", 'zip.writestr("../evil.xml", "x")', /workbook cannot be read/],
  ])("that %s is refused", async (name, part, message) => {
    write(
      `${name}.xlsx`,
      `
zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
zip.writestr("xl/workbook.xml", '<workbook xmlns:r="r"><sheets><sheet name="a" r:id="r1"/></sheets></workbook>')
zip.writestr("xl/_rels/workbook.xml.rels", '<Relationships><Relationship Id="r1" Type="worksheet" Target="worksheets/sheet1.xml"/></Relationships>')
${part}
zip.close()
`,
    );
    await expect(lists.open(`${name}.xlsx`)).rejects.toThrow(message);
    expect(readdirSync(lists.path(""))).not.toContain(`${name}.xlsx.out`);
  });
});
