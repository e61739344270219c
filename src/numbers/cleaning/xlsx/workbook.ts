/** Which sheets a workbook has, and where its parts are. */
import { type Archive, mostSmallBytes } from "./archive.ts";

export interface Workbook {
  /** In the order of the tabs. */
  readonly sheets: readonly { readonly name: string; readonly part: string }[];
  readonly sharedStrings: string;
  /** Dates count from 1904, as in old files of the Macintosh. */
  readonly from1904: boolean;
}

const workbookPart = "xl/workbook.xml";

export async function readWorkbook(archive: Archive): Promise<Workbook> {
  const named: { readonly name: string; readonly relation: string }[] = [];
  let from1904 = false;
  const open = (name: string, attributes: Readonly<Record<string, string>>) => {
    if (name === "workbookPr") from1904 = ["1", "true"].includes(attributes.date1904 ?? "");
    if (name !== "sheet") return;
    const relation = Object.entries(attributes).find(([key]) => key.endsWith(":id"))?.[1] ?? "";
    named.push({ name: attributes.name ?? "", relation });
  };
  for await (const _ of archive.parse(workbookPart, { open }, mostSmallBytes));

  const targets = new Map<string, string>();
  let sharedStrings = "xl/sharedStrings.xml";
  const relation = (name: string, { Id = "", Target = "", Type = "" }: Readonly<Record<string, string>>) => {
    if (name !== "Relationship") return;
    const part = Target.startsWith("/") ? Target.slice(1) : `xl/${Target.replace(/^\.\//, "")}`;
    targets.set(Id, part);
    if (Type.endsWith("/sharedStrings")) sharedStrings = part;
  };
  for await (const _ of archive.parse("xl/_rels/workbook.xml.rels", { open: relation }, mostSmallBytes));
  const sheets = named.flatMap(({ name, relation }) => {
    const part = targets.get(relation);
    return part === undefined ? [] : [{ name, part }];
  });
  return { sheets, sharedStrings, from1904 };
}
