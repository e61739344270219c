/** A list as a shop has it: the same bytes on every run. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { type CountryCode, getExampleNumber } from "libphonenumber-js/max";
import examples from "libphonenumber-js/mobile/examples";

export const header = "id,name,phone,email,city,joined";

const cities = [
  "Jakarta",
  "Bandung",
  "Surabaya",
  "Medan",
  "London",
  "Lagos",
  "Berlin",
  "São Paulo",
  '"Washington, DC"',
];
const names = [
  "Budi Santoso",
  "Siti Rahma",
  "Dewi Lestari",
  "Jürgen Weiß",
  "Ada Obi",
  "=SUM(A1)",
  "O'Neill",
  '"Tan, Wei"',
];
const junk = ["", "n/a", "0812", "021 5550123", "6.28123E+11", "+999123456789", "08123456789012345678", "2026-11-26"];
const abroad: readonly CountryCode[] = ["GB", "US", "DE", "NG", "BR", "IN", "FR", "SG"];
const starts = ["811", "812", "813", "821", "852", "857", "878", "896"];

/**
 * 60 % Indonesian mobiles as people write them, 20 % mobiles of other countries in international format, 10 % that came
 * before in another format, 10 % that are none.
 * @returns the cell of a row, as text
 */
export function phoneOf(row: number): string {
  const turn = Math.floor(row / 10);
  switch (row % 10) {
    case 0:
      return junk[turn % junk.length] ?? "";
    case 1:
      return row > 1000 ? local(row - 997 + ((row - 997) % 10 < 4 ? 4 : 0), turn + 1) : local(row, turn);
    case 2:
    case 3: {
      const example = getExample(abroad[turn % abroad.length] ?? "GB");
      return example.replace(/\d{6}$/, String((row * 7919) % 1_000_000).padStart(6, "0"));
    }
    default:
      return local(row, turn);
  }
}

/** One number of a row, in one of the ways to write it. */
function local(row: number, way: number): string {
  const start = starts[row % starts.length] ?? "812";
  const rest = String((row * 48_271) % 100_000_000).padStart(8, "0");
  switch (way % 5) {
    case 0:
      return `0${start}${rest}`;
    case 1:
      return `+62${start}${rest}`;
    case 2:
      return `62${start}${rest}`;
    case 3:
      return `0${start}-${rest.slice(0, 4)}-${rest.slice(4)}`;
    default:
      return `+62 ${start} ${rest.slice(0, 4)} ${rest.slice(4)}`;
  }
}

const known = new Map<CountryCode, string>();

function getExample(country: CountryCode): string {
  const text = known.get(country) ?? getExampleNumber(country, examples)?.number ?? "+447400123456";
  known.set(country, text);
  return text;
}

/** A line of the list, with its line break. */
export function lineOf(row: number): string {
  const name = names[row % names.length];
  const city = cities[row % cities.length];
  return `${row},${name},${phoneOf(row)},user${row}@example.com,${city},2026-0${1 + (row % 9)}-1${row % 10}\n`;
}

/** Writes a list of so many rows. */
export async function writeList(file: string, rows: number): Promise<void> {
  const stream = createWriteStream(file);
  let text = `${header}\n`;
  for (let row = 0; row < rows; row++) {
    text += lineOf(row);
    if (text.length < 1e6 && row < rows - 1) continue;
    if (!stream.write(text)) await once(stream, "drain");
    text = "";
  }
  stream.end();
  await once(stream, "close");
}
