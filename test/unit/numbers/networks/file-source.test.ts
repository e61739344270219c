import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadRanges, RangesFileError } from "../../../../src/numbers/networks/file-source.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-ranges-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function fileOf(text: string): Promise<string> {
  const file = path.join(dir, "ranges.csv");
  await writeFile(file, text);
  return file;
}

async function problemsOf(text: string, maxRows = 100): Promise<readonly string[]> {
  const error = await loadRanges(await fileOf(text), maxRows).catch((thrown: unknown) => thrown);
  if (!(error instanceof RangesFileError)) throw new Error("the file was taken");
  return error.problems;
}

test("the longest prefix of a number decides; names may be quoted, codes written in any way", async () => {
  const ranges = await loadRanges(
    await fileOf(
      [
        "\uFEFFprefix,mcc_mnc,name,ported",
        "# Indonesia",
        "62812,510-10,Telkomsel",
        '+6281299 , 51011 ,"XL ""Axiata"", Tbk",false',
        "628129900001,51021,,yes",
        "",
        "4474,,EE,0\r",
      ].join("\n"),
    ),
    100,
  );
  expect(ranges.rows).toBe(4);
  const telkomsel = { name: "Telkomsel", mccMnc: "51010", source: "file", ported: null };
  expect(ranges.of("+628121234567")).toEqual(telkomsel);
  expect(ranges.of("+628129912345")).toEqual({
    ...telkomsel,
    name: 'XL "Axiata", Tbk',
    mccMnc: "51011",
    ported: false,
  });
  expect(ranges.of("+628129900001")).toEqual({ ...telkomsel, name: null, mccMnc: "51021", ported: true });
  expect(ranges.of("+447400123456")).toEqual({ name: "EE", mccMnc: null, source: "file", ported: false });
  expect(ranges.of("+4930123456")).toBeNull();
});

test("each fault is named by its line, and no part of a line is quoted", async () => {
  const problems = await problemsOf(
    [
      "62812,51010,Telkomsel",
      "0812,51010,Telkomsel",
      "628111234567890123,51010,A",
      "62813,9999,B",
      "62814,,",
      "62815,51010,C,maybe",
      "62816",
      "62817,51010,D,true,more",
      '62818,51010,"E',
      "62812,51011,F",
      `62819,51010,${"G".repeat(101)}`,
    ].join("\n"),
  );
  expect(problems).toEqual([
    "line 2: prefix: 1 to 15 digits of E.164 are expected, country code first",
    "line 3: prefix: 1 to 15 digits of E.164 are expected, country code first",
    "line 4: mcc_mnc: 5 or 6 digits are expected, or nothing",
    "line 5: neither mcc_mnc nor name",
    "line 6: ported: true, false or nothing is expected",
    "line 7: 1 fields; prefix,mcc_mnc,name and optionally ported are expected",
    "line 8: 5 fields; prefix,mcc_mnc,name and optionally ported are expected",
    "line 9: a quotation mark that is not closed, or text behind one",
    "line 10: its prefix was given before",
    "line 11: name: at most 100 characters without control characters are expected",
  ]);
  expect(problems.join()).not.toMatch(/0812|6281112/);
});

test("after twenty faults the rest is not read", async () => {
  expect(await problemsOf("x,,\n".repeat(1000))).toHaveLength(20);
});

test("a file with more rows than it may have is refused, as is an empty one and one that is not there", async () => {
  const rows = Array.from({ length: 11 }, (_, at) => `62${800 + at},51010,A`).join("\n");
  expect(await problemsOf(rows, 10)).toEqual(["line 11: more than max_rows (10) ranges"]);
  expect((await loadRanges(await fileOf(rows), 11)).rows).toBe(11);
  expect(await problemsOf("prefix,mcc_mnc,name\n")).toEqual(["it holds no range"]);
  await expect(loadRanges(path.join(dir, "none.csv"), 10)).rejects.toThrow("it cannot be read (ENOENT)");
});

test("a line without an end fills no memory", async () => {
  expect(await problemsOf(`62812,51010,A\n${"9".repeat(300_000)}`)).toContain("line 2: longer than 1000 characters");
});
