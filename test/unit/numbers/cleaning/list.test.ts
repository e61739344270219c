/** Whole files through the pipeline, on this thread. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, utimesSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { lineOf, header as listHeader } from "../../../../bench/scrub/list.ts";
import { withLists } from "../../../support/lists.ts";

const lists = withLists();
const rows = (text: string) => text.trimEnd().split(/\r?\n/);

describe("a list", () => {
  it("is split into clean rows and rejects with reasons, the header kept", async () => {
    lists.write(
      "shop.csv",
      'id,phone,city\n1,0812 3456 7890,Jakarta\n2,+6281234567890,"Bandung, West"\n3,12,x\n4\n5,021 5550123,y\n',
    );
    const { clean, rejects, summary } = await lists.clean("shop.csv");
    expect(clean).toBe("id,phone,city\n1,+6281234567890,Jakarta\n");
    expect(rejects).toBe(
      [
        "id,phone,city,reason,suggestion",
        '2,+6281234567890,"Bandung, West",duplicate,',
        "3,12,x,number_too_short,",
        "4,,,number_invalid,",
        "5,021 5550123,y,number_is_landline,\n",
      ].join("\n"),
    );
    expect(summary).toMatchObject({
      ...{ file: "shop.csv", format: "csv", column: "phone", country: "ID", keep_landlines: false },
      ...{ rows: 5, clean: 1, rejected: 4, duplicates: 1, suggestions: 0 },
      by_reason: { duplicate: 1, number_invalid: 1, number_is_landline: 1, number_too_short: 1 },
      by_country: { ID: 1 },
      by_type: { mobile: 1 },
      by_network: { Telkomsel: 1 },
    });
  });

  it("has files that only its owner reads, in a folder of the same kind, and nothing else", async () => {
    lists.write("modes.csv", "phone\n081234567890\n");
    await lists.clean("modes.csv");
    const folder = lists.path("modes.csv.out");
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder).sort()).toEqual(["clean.csv", "rejects.csv", "summary.json"]);
    for (const name of readdirSync(folder)) expect(statSync(path.join(folder, name)).mode & 0o777).toBe(0o600);
  });

  it("finds duplicates in every way to write a number; the first row is kept", async () => {
    const cells = ["+62 812-3456-7890", "081234567890", "6281234567890", "(0812) 3456 7890", "'+6281234567890"];
    lists.write("same.csv", `n,phone\n${cells.map((cell, at) => `${at},${cell}\n`).join("")}`);
    const { clean, rejects } = await lists.clean("same.csv", { threads: 0, mostInMemory: 1 });
    expect(clean).toBe("n,phone\n0,+6281234567890\n");
    // What a spreadsheet would run is escaped in the rejects, also in the phone column.
    expect(rows(rejects).slice(1)).toEqual([
      "1,081234567890,duplicate,",
      "2,6281234567890,duplicate,",
      "3,(0812) 3456 7890,duplicate,",
      "4,'+6281234567890,duplicate,",
    ]);
  });

  it("keeps landlines where that was asked for", async () => {
    lists.write("lands.csv", "phone\n021 5550123\n");
    expect((await lists.clean("lands.csv", { keepLandlines: true })).clean).toBe("phone\n+62215550123\n");
  });

  it("has the suggestion for a mistyped number, which is not applied", async () => {
    lists.write("typo.csv", "phone\n+62081234567890\n081234567891\n");
    const { clean, rejects, summary } = await lists.clean("typo.csv");
    expect(clean).toBe("phone\n+6281234567891\n");
    expect(rejects).toBe("phone,reason,suggestion\n+62081234567890,number_invalid,+6281234567890\n");
    expect(summary).toMatchObject({ suggestions: 1 });
  });

  it("that was rejected can be cleaned again: new columns get names of their own", async () => {
    lists.write("again.csv", "phone,reason,suggestion\n081234567890,number_invalid,\n12,x,\n");
    const { rejects } = await lists.clean("again.csv");
    expect(rows(rejects)[0]).toBe("phone,reason,suggestion,reason_2,suggestion_2");
  });
});

describe("cells that a spreadsheet would run", () => {
  it.each([
    ["=1+1", "'=1+1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["-2+3+cmd|' /C calc'!A0", "\"'-2+3+cmd|' /C calc'!A0\""],
    ["+1+1", "'+1+1"],
    ['"=HYPERLINK(""http://evil.example"")"', '"\'=HYPERLINK(""http://evil.example"")"'],
    ['"\t=1"', '"\'\t=1"'],
    ['"\r=1"', '"\'\r=1"'],
    [" =1+1", "' =1+1"],
    ["\uff1d1+1", "'\uff1d1+1"],
    ["x;=1+1", '"x;=1+1"'],
    ["-12.50", "-12.50"],
    ["-", "-"],
    ["+6281234567890", "+6281234567890"],
    ["a-b", "a-b"],
  ])("%j is written as %j", async (given, written) => {
    lists.write("evil.csv", `phone,note,end\n081234567890,${given},z\n`);
    const { clean } = await lists.clean("evil.csv", {
      delimiter: ",",
      column: "phone",
      resume: "auto",
      folder: lists.path(`evil-${evil++}`),
    });
    expect(clean).toBe(`phone,note,end\n+6281234567890,${written},z\n`);
  });
});
let evil = 0;

describe("a file is read as it is", () => {
  const table = [
    ["name", "phone", "city"],
    ["José", "081234567890", "Zürich"],
    ["Łukasz, jr", "021 5550123", "København"],
  ];
  const csv = (delimiter: string, end: string) =>
    table
      .map((row) => row.map((cell) => (cell.includes(delimiter) ? `"${cell}"` : cell)).join(delimiter) + end)
      .join("");
  const bom = "\ufeff";
  const latin = csv(";", "\r\n").replace("Ł", "L");
  it.each([
    ["semicolons", Buffer.from(csv(";", "\n")), { delimiter: ";", encoding: "utf-8" }],
    ["tabs", Buffer.from(csv("\t", "\r\n")), { delimiter: "\t", encoding: "utf-8", format: "tsv" }],
    ["pipes", Buffer.from(csv("|", "\n")), { delimiter: "|" }],
    ["a byte-order mark", Buffer.from(bom + csv(",", "\n")), { delimiter: ",", encoding: "utf-8" }],
    ["UTF-16LE", Buffer.from(bom + csv(";", "\r\n"), "utf16le"), { encoding: "utf-16le", delimiter: ";" }],
    ["UTF-16BE", Buffer.from(bom + csv(",", "\n"), "utf16le").swap16(), { encoding: "utf-16be" }],
    ["UTF-16 without a mark", Buffer.from(csv(",", "\n"), "utf16le"), { encoding: "utf-16le" }],
    ["Latin-1", Buffer.from(latin, "latin1"), { encoding: "latin-1", delimiter: ";" }],
    ["old line ends", Buffer.from(csv(",", "\r")), { delimiter: "," }],
  ])("with %s", async (name, content, found) => {
    lists.write(`${name}.csv`, content);
    const { clean, rejects, summary } = await lists.clean(`${name}.csv`);
    expect(summary).toMatchObject({ header: true, column: "phone", rows: 2, clean: 1, ...found });
    const marked = name.includes("mark") && !name.includes("without") ? true : /UTF-16[LB]E/.test(name);
    expect(clean.startsWith(bom)).toBe(marked);
    expect(clean).toContain("José");
    expect(clean).toContain("Zürich");
    expect(rejects).toContain(name === "Latin-1" ? "Lukasz, jr" : "Łukasz, jr");
    expect(rejects).toContain("København");
    expect(rejects).toContain("number_is_landline");
  });

  it("with tabs, and is written with commas", async () => {
    lists.write("tabs.tsv", 'name\tphone\tnote\n"a\tb"\t081234567890\tx, y\nc\t12\t=1+1\nd\n');
    const { clean, rejects } = await lists.clean("tabs.tsv");
    expect(clean).toBe('name,phone,note\n"a\tb",+6281234567890,"x, y"\n');
    expect(rejects).toBe("name,phone,note,reason,suggestion\nc,12,'=1+1,number_too_short,\nd,,,number_invalid,\n");
  });

  it("without a header, which then none of the results has", async () => {
    lists.write("bare.txt", "081234567890\n+447400123456\nnonsense\n");
    const { clean, rejects, summary } = await lists.clean("bare.txt");
    expect({ clean, rejects }).toEqual({
      clean: "+6281234567890\n+447400123456\n",
      rejects: "nonsense,number_invalid,\n",
    });
    expect(summary).toMatchObject({ header: false, column: "1" });
  });

  it("of JSON lines, with what not all objects have in a column of its own", async () => {
    const objects = [
      { id: 1, phone: "081234567890", tags: ["a", "b"] },
      { id: 2, phone: 6281234567891, note: "=1+1" },
      { id: 3, phone: 628123000000 },
    ];
    lists.write("list.ndjson", `${objects.map((one) => JSON.stringify(one)).join("\n")}\nnot json\n`);
    const { clean, rejects } = await lists.clean("list.ndjson");
    expect(rows(clean)).toEqual([
      "id,phone,tags,note,_other",
      '1,+6281234567890,"[""a"",""b""]",,',
      "2,+6281234567891,,'=1+1,",
    ]);
    expect(rows(rejects).slice(1)).toEqual(["3,6.28123E+11,,,,number_rounded,", ",,,,not json,invalid_request,"]);
  });

  it("of JSON lines with ids of more digits than a double keeps, which stay those of the same customers", async () => {
    const [one, two] = ["1234567890123456785", "1234567890123456786"];
    lists.write("ids.ndjson", `{"id":${one},"phone":"081234567890","of":{"id":${two}}}\n{"id":${two},"phone":"no"}\n`);
    const { clean, rejects } = await lists.clean("ids.ndjson");
    expect(rows(clean)[1]).toBe(`${one},+6281234567890,"{""id"":""${two}""}",`);
    expect(rows(rejects)[1]).toMatch(new RegExp(`^${two},no,`));
  });

  it("with invalid UTF-8 in a cell that is not judged, byte for byte", async () => {
    const cell = Buffer.from([0x63, 0x61, 0x66, 0xe9]);
    lists.write("mixed.csv", Buffer.concat([Buffer.from("phone,x\n081234567890,"), cell, Buffer.from("\n")]));
    await lists.clean("mixed.csv", { encoding: "utf-8" });
    expect(readFileSync(lists.path("mixed.csv.out/clean.csv"))).toEqual(
      Buffer.concat([Buffer.from("phone,x\n+6281234567890,"), cell, Buffer.from("\n")]),
    );
  });
});

describe("what was given or guessed and does not fit is refused with what to pass", () => {
  it.each([
    [
      "no such column",
      "phone,x\n081234567890,1\n",
      { column: "fone" },
      /no column "fone" \(did you mean phone\?\); the columns are: phone, x/,
    ],
    [
      "two with the name",
      "phone,phone\n081234567890,1\n",
      { column: "phone" },
      /2 columns are named "phone"; pass --column 1 or 2/,
    ],
    ["two that may be it", "a,b\n081234567890,081234567891\n", {}, /not clear; pass --column with one of: a, b/],
    ["none that may be it", "a,b\nx,y\n", {}, /no column looks like phone numbers; pass --column with one of: a, b/],
    [
      "a number where there is no header",
      "081234567890,1\n081234567891,2\n",
      { column: "phone" },
      /needs a number from 1 to 2, not "phone"/,
    ],
    [
      "a country that is not clear",
      "phone\n0612345001\n0612345002\n",
      { country: null },
      /not clear; pass --country .* may be of .*FR.*NL/,
    ],
  ])("%s", async (name, content, options, message) => {
    lists.write(`${name}.csv`, content);
    await expect(lists.clean(`${name}.csv`, options)).rejects.toThrow(message);
    expect(readdirSync(path.dirname(lists.path("x")))).not.toContain(`${name}.csv.out`);
  });

  it("the country is guessed where one fits", async () => {
    const starts = ["0811", "0813", "0821", "0852", "0857", "0878", "0896"];
    const numbers = Array.from({ length: 35 }, (_, at) => `${starts[at % starts.length]}${30_000_000 + at * 999_983}`);
    lists.write("guess.csv", `telepon\n${numbers.join("\n")}\n`);
    const list = await lists.open("guess.csv", { country: null });
    expect(list.plan).toMatchObject({
      column: { name: "telepon", guessedShare: 1 },
      country: { country: "ID", guessedShare: 1 },
    });
    await list.close();
  });

  it("where several fit, it is that of the numbers in international format", async () => {
    const numbers = ["0612345001", "0612345002", "+31612345003", "+31612345004", "+447400123456"];
    lists.write("guess-nl.csv", `phone\n${numbers.join("\n")}\n`);
    expect((await lists.clean("guess-nl.csv", { country: null })).summary).toMatchObject({ country: "NL", clean: 5 });
  });

  it("none is needed where all numbers are in international format", async () => {
    lists.write("world.csv", "phone\n+6281234567890\n+447400123456\n");
    expect((await lists.clean("world.csv", { country: null })).summary).toMatchObject({ country: null, clean: 2 });
  });
});

describe("a run", () => {
  const content = `${listHeader}\n${Array.from({ length: 3000 }, (_, row) => lineOf(row)).join("")}`;

  it("that was ended anywhere goes on, and writes the same bytes", async () => {
    lists.write("long.csv", content);
    const whole = await lists.clean("long.csv", { column: "phone", folder: lists.path("whole") });
    for (const batches of [1, 2, 3]) {
      const folder = lists.path(`ended-${batches}`);
      for (let run = 0; ; run++) {
        expect(run).toBeLessThan(20);
        const abort = new AbortController();
        let written = 0;
        const list = await lists.open("long.csv", { column: "phone", folder, mostInMemory: 500 });
        expect(list.plan.resumesAfter === null).toBe(run === 0);
        const onProgress = () => void (++written >= batches && abort.abort());
        if ((await list.run({ signal: abort.signal, onProgress })).finished) break;
        expect(readdirSync(folder)).toContain("journal.json");
        for (const name of readdirSync(folder)) expect(statSync(path.join(folder, name)).mode & 0o777).toBe(0o600);
      }
      expect(lists.results(folder)).toEqual(whole);
    }
  });

  it("that was ended while its files got their names is finished by the same command", async () => {
    lists.write("named.csv", content);
    const folder = lists.path("named");
    const abort = new AbortController();
    const first = await lists.open("named.csv", { column: "phone", folder });
    await first.run({ signal: abort.signal, onProgress: () => abort.abort() });
    const journal = JSON.parse(readFileSync(path.join(folder, "journal.json"), "utf8"));
    const whole = await lists.clean("named.csv", { column: "phone", folder });
    // As a kill behind the first rename leaves it.
    for (const name of ["clean.csv", "summary.json"]) {
      renameSync(path.join(folder, name), path.join(folder, `${name}.part`));
    }
    lists.write("named/journal.json", JSON.stringify({ ...journal, state: "finishing" }));
    lists.write("named/numbers.part", "");
    expect(await lists.clean("named.csv", { column: "phone", folder })).toEqual(whole);
    expect(readdirSync(folder).sort()).toEqual(["clean.csv", "rejects.csv", "summary.json"]);
  });

  it("that finished is not overwritten", async () => {
    lists.write("once.csv", "phone\n081234567890\n");
    await lists.clean("once.csv");
    await expect(lists.open("once.csv")).rejects.toThrow(
      /has clean.csv already; nothing is overwritten: choose another --out/,
    );
    await expect(lists.open("once.csv", { resume: "never" })).rejects.toThrow(/nothing is overwritten/);
  });

  it("goes on with the same file and settings only", async () => {
    lists.write("moved.csv", content);
    const folder = lists.path("moved");
    const abort = new AbortController();
    const list = await lists.open("moved.csv", { column: "phone", folder });
    await list.run({ signal: abort.signal, onProgress: () => abort.abort() });
    await expect(lists.open("moved.csv", { column: "phone", folder, keepLandlines: true })).rejects.toThrow(
      /has other settings \(policy\)/,
    );
    utimesSync(lists.path("moved.csv"), 1, 1);
    await expect(lists.open("moved.csv", { column: "phone", folder })).rejects.toThrow(
      /another file .* has changed since/,
    );
    const anew = await lists.open("moved.csv", { column: "phone", folder, resume: "never" });
    expect(anew.plan.resumesAfter).toBeNull();
    await anew.close();
  });

  it("that is asked to resume needs one to resume", async () => {
    lists.write("none.csv", "phone\n081234567890\n");
    await expect(lists.open("none.csv", { resume: "only" })).rejects.toThrow(/has no unfinished run to resume/);
  });

  it("has its folder for itself", async () => {
    lists.write("both.csv", "phone\n081234567890\n");
    const first = await lists.open("both.csv");
    await expect(lists.open("both.csv")).rejects.toThrow(/is in use by process/);
    await first.close();
    await lists.clean("both.csv");
  });

  it("takes a folder that is there, and leaves what is in it", async () => {
    const folder = lists.path("there");
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    lists.write("there/mine.txt", "x");
    lists.write("there.csv", "phone\n081234567890\n");
    await lists.clean("there.csv", { folder });
    expect(readdirSync(folder).sort()).toEqual(["clean.csv", "mine.txt", "rejects.csv", "summary.json"]);
  });
});

it.each([
  ["an empty file", "", /is empty/],
  [
    "an old Excel file",
    Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]),
    /old or encrypted Excel file; save it as \.xlsx/,
  ],
  ["a broken workbook", Buffer.from("PK\x03\x04 and nothing else"), /workbook cannot be read/],
])("%s is refused", async (name, content, message) => {
  lists.write(name, content);
  await expect(lists.open(name)).rejects.toThrow(message);
});

it("a quote that is never closed is found before it takes memory", async () => {
  lists.write("open.csv", `phone,x\n081234567890,"${"y\n".repeat(3_000_000)}`);
  await expect(lists.clean("open.csv", { column: "phone", delimiter: "," })).rejects.toThrow(/is a quote never closed/);
});

describe("a quote that is never closed near the end of the file", () => {
  const rows = Array.from({ length: 50 }, (_, at) => `0812345678${String(at).padStart(2, "0")},x\n`).join("");
  const begin = "phone,x\n081234567890,y\n";

  const many = `081234567899,"a ""\nb"\n`.repeat(5000);

  it.each<[string, Buffer | string, number]>([
    ["of UTF-8", `${begin}081234567891,"open\n${rows}`, begin.length],
    ["of UTF-16", Buffer.from(`\ufeff${begin}081234567891,"open\n${rows}`, "utf16le"), 2 + 2 * begin.length],
    ["with old line ends", `${begin}081234567891,"open\n${rows}`.replaceAll("\n", "\r"), begin.length],
    ["in the last row but one", `${begin}081234567891,"open\n081234567892,x`, begin.length],
    ["behind many rows", `${begin}${many}081234567891,"open\n${rows}`, begin.length + many.length],
  ])("does not take the rows behind it without a word: %s", async (name, content, at) => {
    lists.write(`${name}.csv`, content);
    await expect(lists.clean(`${name}.csv`, { column: "phone", delimiter: "," })).rejects.toThrow(
      new RegExp(`^a quote in the row at byte ${at} is never closed, and all lines behind it`),
    );
  });

  it.each([
    ["on the last line, which it takes nothing from", `${begin}081234567891,"open\n\n`],
    ["that is closed by the last character of the file", `${begin}081234567891,"two\nlines"`],
  ])("but not one %s", async (name, content) => {
    lists.write(`${name}.csv`, content);
    expect((await lists.clean(`${name}.csv`, { column: "phone", delimiter: "," })).summary.rows).toBe(2);
  });

  it("and in a line of JSON is a broken line", async () => {
    lists.write("open.ndjson", '{"phone":"081234567890"}\n"open\n{"phone":"081234567891"}\n');
    expect((await lists.clean("open.ndjson", { column: "phone" })).summary).toMatchObject({ rows: 3, clean: 2 });
  });
});

it.each([
  ["tabs", `a${"\t".repeat(300_000)}b`],
  ["spaces and digits", `${" ".repeat(300_000)}0812345678x`],
])("a cell of %s is read in a time that grows with its length, not with its square", async (name, cell) => {
  lists.write(`${name}-cell.csv`, `phone,note\n081234567890,${cell}\n081234567891,x\n`);
  const started = process.cpuUsage();
  const { summary } = await lists.clean(`${name}-cell.csv`, { delimiter: "," });
  expect(summary.clean).toBe(2);
  expect(process.cpuUsage(started).user / 1e6).toBeLessThan(5);
});

it.each([
  [
    "rows far shorter than their header",
    `phone${",a".repeat(10_000)}\n${"1\n".repeat(16_000)}`,
    /far fewer cells than the header/,
  ],
  [
    "objects with more keys than a sheet has columns",
    `{"phone":"1"${Array.from({ length: 17_000 }, (_, key) => `,"k${key}":1`).join("")}}\n`,
    /17002 columns|17001 columns/,
  ],
  ["more columns than a sheet has", `phone${",a".repeat(16_384)}\n1\n`, /16385 columns, and at most 16384 are read/],
])("%s are refused before they take memory", async (name, content, message) => {
  lists.write(`${name}.csv`, content);
  await expect(lists.clean(`${name}.csv`, { column: "phone" })).rejects.toThrow(message);
});
