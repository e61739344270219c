/** Workbooks that are made to fill memory or disk, or to take for ever. */
import { expect, it } from "vitest";
import { withLists } from "../../../support/lists.ts";
import { workbookOf } from "../../../support/zip.ts";

const lists = withLists();
const head = '<row><c t="inlineStr"><is><t>phone</t></is></c></row>';
const number = '<row><c t="inlineStr"><is><t>081234567890</t></is></c></row>';

it("a workbook as small as it can be is read", async () => {
  lists.write("least.xlsx", workbookOf(head + number));
  expect((await lists.clean("least.xlsx", { column: "phone" })).clean).toBe("phone\n+6281234567890\n");
});

it("an id of more digits than a double keeps stays as it stands in the file", async () => {
  const id = "1234567890123456785";
  const row = `<row><c t="inlineStr"><is><t>081234567890</t></is></c><c><v>${id}</v></c></row>`;
  lists.write("ids.xlsx", workbookOf(head.replace("</row>", '<c t="inlineStr"><is><t>id</t></is></c></row>') + row));
  expect((await lists.clean("ids.xlsx", { column: "phone" })).clean).toBe(`phone,id\n+6281234567890,${id}\n`);
});

it("an empty cell is empty, not the first of the shared texts, nor false", async () => {
  const cells = (xml: string) => `<row><c t="inlineStr"><is><t>081234567890</t></is></c>${xml}</row>`;
  const names = '<c t="s"><v>0</v></c><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row>';
  const rows = cells('<c t="s"/><c t="s"><v></v></c><c t="s"><v>0</v></c>') + cells('<c t="b"/><c t="n"/><c/>');
  const texts = { "xl/sharedStrings.xml": "<sst><si><t>note</t></si></sst>" };
  lists.write("empty.xlsx", workbookOf(head.replace("</row>", names) + rows, texts));
  const { clean, rejects } = await lists.clean("empty.xlsx", { column: "phone" });
  expect(clean).toBe("phone,note,note,note\n+6281234567890,,,note\n");
  expect(rejects).toMatch(/\n081234567890,,,,duplicate,\n$/);
});

const shared = `<sst><si><t>${"x".repeat(32_000)}</t></si></sst>`;
it.each<[string, Buffer, RegExp]>([
  [
    "a row whose cells share one long text",
    workbookOf(`${head}<row>${'<c t="s"><v>0</v></c>'.repeat(200)}</row>`, { "xl/sharedStrings.xml": shared }),
    /a row of the workbook has more than 4194304 characters/,
  ],
  [
    "a cell of many texts",
    workbookOf(`${head}<row><c t="inlineStr"><is>${`<t>${"x".repeat(99)}</t>`.repeat(1000)}</is></c></row>`),
    /a cell of the workbook has more than 32767 characters/,
  ],
  [
    "a shared text of many texts",
    workbookOf(head, { "xl/sharedStrings.xml": `<sst><si>${`<t>${"x".repeat(99)}</t>`.repeat(1000)}</si></sst>` }),
    /a cell of the workbook has more than 32767 characters/,
  ],
  ["elements within each other", workbookOf("<a>".repeat(1_000_000)), /more than 100 elements are within each other/],
  [
    "more styles than a workbook can have",
    workbookOf(head, { "xl/styles.xml": `<s><cellXfs>${"<xf/>".repeat(70_000)}</cellXfs></s>` }),
    /more than 65490 cell styles/,
  ],
  [
    "a part that unpacks to far more",
    workbookOf(head, { "xl/styles.xml": `<s>${" ".repeat(33 * 1024 ** 2)}</s>` }),
    /part xl\/styles\.xml would unpack to 34603015 bytes/,
  ],
])("%s is refused before it takes memory", async (name, workbook, message) => {
  lists.write(`${name}.xlsx`, workbook);
  await expect(lists.clean(`${name}.xlsx`, { column: "phone" })).rejects.toThrow(message);
});

it("a format of brackets that are never closed is read in a time that grows with its length, not with its square", async () => {
  const styles = `<s><numFmts><numFmt numFmtId="200" formatCode="${"[".repeat(1_000_000)}"/></numFmts><cellXfs><xf numFmtId="200"/></cellXfs></s>`;
  lists.write("brackets.xlsx", workbookOf(head + number, { "xl/styles.xml": styles }));
  const started = process.cpuUsage();
  await lists.clean("brackets.xlsx", { column: "phone" });
  expect(process.cpuUsage(started).user / 1e6).toBeLessThan(5);
});
