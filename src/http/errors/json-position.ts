/** Where a text stops being JSON (RFC 8259): JSON.parse does not always say, and quotes the text, which may be a code. */

const space = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a string of JSON must not hold them
const text = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

type Expected = "value" | "value or ]" | "name" | "name or }" | ":" | ", or end";

/** The position of the first part that does not belong there, counted from 0; null: it is JSON. */
export function jsonErrorPosition(json: string): number | null {
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value";
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(json)) return false;
    at = pattern.lastIndex;
    return true;
  };

  for (;;) {
    take(space);
    const next = json[at];
    const inner = open.at(-1);
    if (expected === ", or end" && inner === undefined) return at === json.length ? null : at;
    const closes = (expected.endsWith("}") && next === "}") || (expected.endsWith("]") && next === "]");
    if (closes || (expected === ", or end" && next === (inner === "{" ? "}" : "]"))) {
      open.pop();
      at++;
      expected = ", or end";
    } else if (expected === ", or end") {
      if (next !== ",") return at;
      at++;
      expected = inner === "{" ? "name" : "value";
    } else if (expected === ":") {
      if (next !== ":") return at;
      at++;
      expected = "value";
    } else if (expected.startsWith("name")) {
      if (!take(text)) return at;
      expected = ":";
    } else if (next === "{" || next === "[") {
      open.push(next);
      at++;
      expected = next === "{" ? "name or }" : "value or ]";
    } else {
      if (!take(text) && !take(scalar)) return at;
      expected = ", or end";
    }
  }
}
