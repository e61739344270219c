/** Values of statements. */

/**
 * PostgreSQL has no U+0000 in texts and refuses the statement; SQLite gives back what stands before it. So none has any: a
 * filter with one finds nothing.
 */
export function withoutNuls(parameters: readonly unknown[]): unknown[] {
  return parameters.map((value) =>
    typeof value === "string" && value.includes("\0") ? value.replaceAll("\0", "\ufffd") : value,
  );
}
