/** Reads YAML 1.2 into plain objects, lists and strings, and records the line of each value. */
import { type ErrorCode, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, visit } from "yaml";
import { ConfigError, type Path } from "./errors.ts";

interface YamlFile {
  /** Objects, lists and strings: numbers stay as written (`+44`, `0123`), the schema decides what they mean. */
  readonly document: unknown;
  /** The line of a value, or of the nearest section around it that is in the file; null where there is none. */
  lineOf(path: Path): number | null;
}

/**
 * Parses one YAML document. Anchors and aliases are refused: they are not needed here, and a few lines of them can
 * expand to gigabytes.
 * @throws {ConfigError} with the line of each problem; never quotes the file, because it may contain a secret
 */
export function readYaml(text: string, name: string): YamlFile {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    version: "1.2",
    // Only strings, maps and lists: no number is read before the schema says that it is one.
    schema: "failsafe",
    uniqueKeys: true,
    strict: true,
    // Pretty errors quote the line, which may contain a secret.
    prettyErrors: false,
    logLevel: "silent",
    lineCounter: lines,
  });
  const [document, second] = documents;
  const fail = (offset: number | undefined, expected: string) => {
    const source = offset === undefined ? {} : { source: `line ${lines.linePos(offset).line}` };
    return { path: [], given: null, expected, ...source };
  };
  if (!("length" in documents) || document === undefined) {
    throw new ConfigError(name, [fail(undefined, "a YAML map; the file is empty")]);
  }
  if (second) throw new ConfigError(name, [fail(second.range[0], "one YAML document, not several")]);

  // After a syntax error the parser reports errors that follow from it: only the first is meaningful.
  const mistakes = [...document.errors, ...document.warnings];
  const firstInSyntax = mistakes.find(({ code }) => !independent.has(code));
  const problems = mistakes
    .filter((mistake) => mistake === firstInSyntax || independent.has(mistake.code))
    .map((mistake) => fail(mistake.pos[0], wordsFor[mistake.code] ?? "valid YAML"));
  const refuse = (node: Node, expected: string) => problems.push(fail(node.range?.[0], expected));
  visit(document, {
    Alias: (_, node) => void refuse(node, "the value itself: aliases (*name) are not read"),
    Value: (_, node) => void (node.anchor && refuse(node, "no anchors (&name): aliases are not read")),
    Pair: (_, pair) => void (isScalar(pair.key) || refuse(pair.key as Node, "keys that are plain names")),
  });
  if (problems.length > 0) throw new ConfigError(name, problems);

  return {
    document: document.toJS({ maxAliasCount: 0 }),
    lineOf(path) {
      for (let depth = path.length; depth > 0; depth--) {
        const offset = offsetOf(document.getIn(path.slice(0, depth - 1), true), path[depth - 1]);
        if (offset !== null) return lines.linePos(offset).line;
      }
      return null;
    },
  };
}

/** Where the key (or the item) starts within its map (or list). */
function offsetOf(container: unknown, part: string | number | undefined): number | null {
  if (isMap(container)) {
    const pair = container.items.find(({ key }) => isScalar(key) && key.value === part);
    return (pair?.key as Node | undefined)?.range?.[0] ?? null;
  }
  if (isSeq(container) && typeof part === "number")
    return (container.items[part] as Node | undefined)?.range?.[0] ?? null;
  return null;
}

/** Errors after which the parser's position is still known. */
const independent: ReadonlySet<ErrorCode> = new Set([
  "DUPLICATE_KEY",
  "TAG_RESOLVE_FAILED",
  "BAD_ALIAS",
  "TAB_AS_INDENT",
]);

const punctuation = `valid YAML: a quote, bracket, comma or colon is missing or extra (inside [ ] and { }, write "\${NAME}" with quotes)`;

/** The parser's own messages may quote the file, which may contain secrets: `!`, `*` and `|` can begin a password. */
const wordsFor: Partial<Record<ErrorCode, string>> = {
  DUPLICATE_KEY: "each key once: this is a duplicate",
  TAB_AS_INDENT: "spaces for indentation, not tabs",
  BAD_INDENT: "an indentation that fits the lines around it",
  TAG_RESOLVE_FAILED: "a value without a YAML tag; put quotes around a string that starts with !",
  BAD_ALIAS: "the value itself: aliases are not read; put quotes around a string that starts with *",
  BLOCK_AS_IMPLICIT_KEY: "one `key: value` a line; put quotes around a string with a colon and a space in it",
  MISSING_CHAR: punctuation,
  UNEXPECTED_TOKEN: punctuation,
  BAD_SCALAR_START: "quotes around a string that starts with a special character",
  MULTILINE_IMPLICIT_KEY: "each key on one line, followed by a colon",
};
