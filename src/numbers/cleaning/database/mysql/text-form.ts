/** Each column type as text and back: expressions of SQL by which a value comes out and goes in without loss. */
import type { Column } from "../ports.ts";

export interface MysqlColumn extends Column {
  /** `varchar`, without length. */
  readonly base: string;
  readonly charset: string | null;
  readonly collation: string | null;
}

export interface TextForm {
  /** Of a column's expression, as text. */
  read(column: string): string;
  /** A parameter, to be written. */
  readonly write: string;
  /** A parameter, to be compared by the column's index. */
  readonly compare: string;
  /** Whether it may be part of a primary key here: its order is that of the index. */
  readonly isKey: boolean;
}

const asChar = (column: string) => `cast(${column} as char)`;
const asHex = (column: string) => `hex(${column})`;

export function textForm({ base, type, charset, collation }: MysqlColumn): TextForm {
  if (charset !== null) {
    const isKey = /^(?:var)?char$|text$/.test(base);
    const compare = `convert(? using ${charset}) collate ${collation}`;
    return { read: (column) => `convert(${column} using utf8mb4)`, write: "?", compare, isKey };
  }
  if (/binary$|blob$/.test(base)) return { read: asHex, write: "unhex(?)", compare: "unhex(?)", isKey: true };
  if (/int$/.test(base)) {
    return plain(`cast(? as ${type.includes("unsigned") ? "unsigned" : "signed"})`);
  }
  if (base === "decimal") return plain(`cast(? as ${type.replace(/ unsigned| zerofill/g, "")})`);
  if (base === "date" || base === "uuid") return plain(`cast(? as ${base})`);
  if (base === "datetime" || base === "timestamp") return plain("cast(? as datetime(6))");
  // Its text has six digits, its double all.
  if (base === "float") return { ...plain("?"), read: (column) => asChar(`cast(${column} as double)`), isKey: false };
  const isBinary = base === "bit" || /geom|point|line|polygon/.test(base);
  if (isBinary) return { read: asHex, write: "unhex(?)", compare: "unhex(?)", isKey: false };
  return { ...plain("?"), isKey: false };
}

function plain(compare: string): TextForm {
  return { read: asChar, write: "?", compare, isKey: true };
}
