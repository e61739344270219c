import { readdirSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { jsonOf, readBson, readText } from "../../../../src/build/carrier-names.ts";
import { createCarrierNames } from "../../../../src/numbers/networks/carrier-names.ts";

const carriers = createCarrierNames();

test.each([
  ["+628121234567", "Telkomsel"],
  ["+628171234567", "XL"],
  ["+79261234567", "MegaFon"],
  ["+447400123456", "Three"],
  ["+491701234567", "T-Mobile"],
  ["+12687201234", "Digicel"],
])("%s lies in a range of %s", (number, name) => {
  expect(carriers.of(number)).toBe(name);
});

test.each([
  ["of a country whose ranges are not assigned by operator", "+12125550123"],
  ["of a country without data", "+8821600000000"],
  ["of no country", "+2100000000"],
  ["in no range of an operator", "+62211234567"],
  ["longer than any", `+62812${"1".repeat(20)}`],
])("a number %s has no name", (_, number) => {
  expect(carriers.of(number)).toBeNull();
});

test("the data of a country is read once, when its first number is asked for", () => {
  const read = vi.fn((name: string) =>
    name === "version.json" ? '{"version":"9.0.1","calling_codes":["44","62"]}' : '{"A":"7 812","B":"8121"}',
  );
  const own = createCarrierNames(read);
  expect(own.version).toBe("9.0.1");
  expect(read.mock.calls).toEqual([["version.json"]]);
  expect([own.of("+628120"), own.of("+628121"), own.of("+629")]).toEqual(["A", "B", null]);
  expect(read.mock.calls).toEqual([["version.json"], ["62.json"]]);
});

test("a country whose file cannot be read has no names, and the next number tries again", () => {
  let fails = true;
  const own = createCarrierNames((name) => {
    if (name === "version.json") return '{"version":"9.0.1","calling_codes":["62"]}';
    if (fails) throw Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE" });
    return '{"A":"812"}';
  });
  expect(own.of("+62812")).toBeNull();
  fails = false;
  expect(own.of("+62812")).toBe("A");
});

test("every calling code that version.json lists has its file, and every file is listed", () => {
  const folder = new URL("../../../../src/numbers/networks/carriers/", import.meta.url);
  const files = readdirSync(folder).filter((name) => name !== "version.json");
  expect(files).toHaveLength(206);
  for (const code of files.map((name) => name.replace(".json", ""))) carriers.of(`+${code}00000000`);
  expect(carriers.of("+99999999999")).toBeNull();
  expect(carriers.version).toMatch(/^\d+\.\d+\.\d+$/);
});

test("libphonenumber's own files and the package's give the same data", () => {
  const text = readText("# comment\n\n62811|Telkomsel\n62812|Telkomsel\n6281|A & B\n", "62");
  const entry = (key: string, value: string) => {
    const length = Buffer.alloc(4);
    length.writeInt32LE(Buffer.byteLength(value) + 1);
    return Buffer.concat([Buffer.from(`\u0002${key}\0`), length, Buffer.from(`${value}\0`)]);
  };
  const body = Buffer.concat([
    entry("811", "Telkomsel"),
    entry("812", "Telkomsel"),
    entry("81", "A & B"),
    Buffer.from([0]),
  ]);
  const head = Buffer.alloc(4);
  head.writeInt32LE(body.length + 4);
  const bson = readBson(Buffer.concat([head, body]));
  expect(jsonOf(bson)).toBe(jsonOf(text));
  expect(JSON.parse(jsonOf(text))).toEqual({ Telkomsel: "811 812", "A & B": "81" });
  expect(() => readBson(Buffer.concat([head, body.subarray(0, 20), Buffer.from([0])]))).toThrow();
  expect(() => readText("63811|Other", "62")).toThrow("not a range");
});
