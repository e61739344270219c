/** Records in JSON, CSV and NDJSON, and the cursors of lists. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readCursor, writeCursor } from "../../../src/cdr/cursor.ts";
import { exportCdrs } from "../../../src/cdr/export.ts";
import { columns, csvCell, writers } from "../../../src/cdr/representation.ts";
import { memoryCdrs } from "../../support/cdr-store.ts";
import { cdrsOf, delivery, idOf, noon, rang, verification } from "../../support/cdrs.ts";

const [cdr] = cdrsOf(
  verification({
    ...{ reference: '=HYPERLINK("http://evil.example")', status: "expired", proofDelivery: null },
    deliveries: [
      delivery({
        cost: 0.01,
        result: rang({
          callerIds: ["+447700900123", "+447700900456"],
          invites: [
            ["carrier-a", "pbx", "congestion", null],
            ["carrier-b", "pbx", "rang", 1930],
          ],
        }),
      }),
    ],
  }),
);
if (cdr === undefined) throw new Error("a verification has a record");

test("a line of CSV has a cell for each column, in the order of the first line", () => {
  const [head, line, ...more] = (writers.csv.head + writers.csv.line(cdr)).split("\r\n");
  expect(more).toEqual([""]);
  expect(head).toBe(columns.join(","));
  const expected = [
    `${idOf(1)},1,shop,missed_call,+447911123456,GB,+4479111,,carrier-b,pbx,mobile-block`,
    "+447700900123 +447700900456,,,carrier-a@pbx congestion; carrier-b@pbx rang",
    "rang,true,1930,5004,false,,false,487,,us,events,rung,rang,true,false,expired,1,0.01,,false",
    '"\'=HYPERLINK(""http://evil.example"")"',
    "2026-11-02T12:00:00.000Z,2026-11-02T12:00:07.000Z,2026-11-02T12:00:00.000Z,2026-11-02T12:00:20.000Z",
  ];
  expect(line).toBe(expected.join(","));
});

test("a line of NDJSON has the record as the API does, text unchanged", () => {
  const line = writers.ndjson.line(cdr);
  expect(line.endsWith("\n")).toBe(true);
  expect(JSON.parse(line)).toMatchObject({
    ...{ to: "+447911123456", reference: '=HYPERLINK("http://evil.example")', cost: 0.01, network: null },
    attempts: [{ outcome: "congestion" }, { trunk: "carrier-b", outcome: "rang", post_dial_delay_ms: 1930 }],
  });
  expect(Object.keys(JSON.parse(line))).toEqual([...columns]);
});

describe("a cell of CSV", () => {
  test.each([
    ["=1+1", "'=1+1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["-2+3", "'-2+3"],
    ["+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"],
    ["\t=1", "'\t=1"],
    [" =1+1", "' =1+1"],
    ["\uff1d1+1", "'\uff1d1+1"],
    ["+447911123456", "+447911123456"],
    ["+447911123456 +447911123457", "+447911123456 +447911123457"],
    ["+1+447911", "'+1+447911"],
    ['a "b", c', '"a ""b"", c"'],
    ["line\nbreak", '"line\nbreak"'],
    ["plain", "plain"],
    ["", ""],
  ])("%j is written as %j", (text, cell) => {
    expect(csvCell(text)).toBe(cell);
  });

  test("never begins with what a spreadsheet takes for a formula, but with numbers", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."=+-@\t\r\n \"',1aＡ＝".split("")) }), (text) => {
        const cell = csvCell(text);
        const shown = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
        if (!/^\+\d+( \+\d+)*$/.test(shown)) expect(shown.trimStart()).not.toMatch(/^[=+\-@＝]/u);
        expect(shown === text || shown === `'${text}`).toBe(true);
      }),
    );
  });
});

test("an export has all pages, and its first line once", async () => {
  const records = Array.from({ length: 2500 }, (_, number) => {
    return { ...cdr, verification: idOf(number), startedAtMs: noon - number };
  });
  for (const [format, lines] of [["csv", 2501] as const, ["ndjson", 2500] as const]) {
    const pieces: string[] = [];
    for await (const { text } of exportCdrs(memoryCdrs(records), {}, format)) pieces.push(text);
    expect(pieces).toHaveLength(3);
    expect(pieces.join("").trimEnd().split("\n")).toHaveLength(lines);
  }
});

test("an export of nothing is a first line of CSV, and nothing of NDJSON", async () => {
  const first = async (format: "csv" | "ndjson") => (await exportCdrs(memoryCdrs(), {}, format).next()).value?.text;
  expect(await first("csv")).toBe(`${columns.join(",")}\r\n`);
  expect(await first("ndjson")).toBe("");
});

describe("a cursor", () => {
  const place = { atMs: noon, id: idOf(7), number: 2 };

  test("names the place, for the same query only", () => {
    const cursor = writeCursor(place, { app: "shop", state: "rung" });
    expect(cursor).toMatch(/^[\w-]+$/);
    expect(readCursor(cursor, { app: "shop", state: "rung" })).toEqual(place);
    expect(readCursor(cursor, { app: "bank", state: "rung" })).toBeNull();
    expect(readCursor(cursor, { app: "shop" })).toBeNull();
  });

  test("that was made up is none", () => {
    fc.assert(fc.property(fc.string(), (text) => readCursor(text, {}) === null));
    for (const text of ["", "e30", Buffer.from("x 1 1 y").toString("base64url")])
      expect(readCursor(text, {})).toBeNull();
  });
});
