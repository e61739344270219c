/**
 * The entry of a record whose keys others choose (apps, reasons, columns): `constructor` is a name like any other, and finds nothing
 * where there is none of it.
 * @param key null or undefined: none
 */
export function ownEntry<T>(
  record: Readonly<Record<string, T>> | undefined,
  key: string | null | undefined,
): T | undefined {
  return record !== undefined && typeof key === "string" && Object.hasOwn(record, key) ? record[key] : undefined;
}
