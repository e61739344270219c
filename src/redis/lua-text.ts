/**
 * Puts each function and constant of an assembled Lua script where it is needed. Redis creates every function and table of a
 * script's top level anew on each run, which costs more than most of them do: so what a script does not use is left out,
 * and what only functions marked `--- @rare` use is created inside each of them, when it is called.
 *
 * The text must be laid out like the files of lua/: a function or constant begins and ends at the left margin; constants are
 * upper case and hold nothing but literals.
 */

/**
 * The same text for a library (library-text.ts), which is made once: what is not used is left out, and nothing is placed
 * elsewhere. @returns what is defined before the first other line, and the rest
 */
export function gatherFunctions(text: string): {
  readonly defined: readonly string[];
  readonly run: readonly string[];
} {
  const items = itemsOf(text.replace(/--\[\[[\s\S]*?\]\]/g, "")).map((item) => ({ ...item, rare: false }));
  const used = usesOf(items);
  const needed = neededBy(
    items.filter(({ names }) => names.length === 0),
    used,
  );
  const kept = items.filter((item) => needed.has(item) && item.lines.some((line) => !/^\s*(--.*)?$/.test(line)));
  const first = kept.findIndex(({ names }) => names.length === 0);
  const linesOf = (some: readonly Item[]) => some.flatMap(({ lines }) => lines);
  return { defined: linesOf(kept.slice(0, first)), run: linesOf(kept.slice(first)) };
}

/** A function, constants of one statement, or any other line (`names` is empty), which always stays. */
interface Item {
  readonly names: readonly string[];
  /** Lines above it. */
  readonly comment: readonly string[];
  readonly lines: readonly string[];
  readonly rare: boolean;
}

/** @throws {Error} where a function or constant has no end at the left margin */
export function placeFunctions(text: string): string {
  const items = itemsOf(text);
  const used = usesOf(items);
  const place = (roots: readonly Item[], inScope: ReadonlySet<Item>): readonly string[] => {
    const needed = neededBy(roots, used);
    const known = new Set([...inScope, ...needed]);
    return items
      .filter((item) => needed.has(item) && !inScope.has(item))
      .flatMap((item) => [...item.comment, ...(item.rare ? nest(item, place([item], known)) : item.lines)]);
  };
  return place(
    items.filter(({ names }) => names.length === 0),
    new Set(),
  ).join("\n");
}

/** What the roots use, directly or not, up to rare functions. */
function neededBy(roots: readonly Item[], used: ReadonlyMap<Item, readonly Item[]>): ReadonlySet<Item> {
  const needed = new Set(roots);
  // A set may grow while it is gone through.
  for (const item of needed) {
    if (item.rare && !roots.includes(item)) continue;
    for (const other of used.get(item) ?? []) needed.add(other);
  }
  return needed;
}

/** The function gets its own scope below what it uses: its parameters must not hide names of the others. */
function nest({ names, lines }: Item, inner: readonly string[]): readonly string[] {
  if (inner.length === 0) return lines;
  const [head = "", ...body] = lines;
  const parameters = head.slice(head.indexOf("("));
  const nested = [...inner, `return (function${parameters}`, ...body.slice(0, -1), "end)(...)"];
  return [`local function ${names[0]}(...)`, ...nested.map((line) => `  ${line}`), "end"];
}

const functionHead = /^local function (\w+)\(/;
const constantHead = /^local ([A-Z][A-Z_]*(?:, [A-Z][A-Z_]*)*) = /;

function itemsOf(text: string): readonly Item[] {
  const items: Item[] = [];
  const lines = text.split("\n");
  let comment: string[] = [];
  let rare = false;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    const names = functionHead.exec(line)?.[1] ?? constantHead.exec(line)?.[1];
    if (line === "--- @rare") rare = true;
    else if (line.startsWith("-- ")) comment.push(line);
    else {
      const from = i;
      if (names !== undefined) i = endOf(lines, i);
      items.push({ names: names?.split(", ") ?? [], comment, lines: lines.slice(from, i + 1), rare });
      comment = [];
      rare = false;
    }
  }
  return items;
}

/** The last line of a function, or of a constant: that goes on where its lines are indented. */
function endOf(lines: readonly string[], from: number): number {
  const head = lines[from] ?? "";
  const goesOn = head.startsWith("local function") ? /^$|^ / : /^ |^}/;
  let end = from;
  while (goesOn.test(lines[end + 1] ?? "end")) end++;
  if (!head.startsWith("local function")) return end;
  if (lines[end + 1] === "end") return end + 1;
  throw new Error(`Lua: no "end" at the left margin after "${head}"`);
}

/** Which items each one names, comments apart; a field or a string of such a name may count too, which only keeps more. */
function usesOf(items: readonly Item[]): ReadonlyMap<Item, readonly Item[]> {
  const byName = new Map(items.flatMap((item) => item.names.map((name) => [name, item] as const)));
  return new Map(
    items.map((item) => {
      const code = item.lines.filter((line) => !/^\s*--/.test(line)).join("\n");
      const words = new Set(code.match(/(?<!\w\.)(?<!['\w])[A-Za-z_]\w*/g));
      return [item, [...words].flatMap((word) => byName.get(word) ?? [])];
    }),
  );
}
