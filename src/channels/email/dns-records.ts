/** The DNS records that receivers look at: DKIM (RFC 6376 § 3.6.1), SPF (RFC 7208), DMARC (RFC 7489). */
import { createPublicKey, type KeyObject } from "node:crypto";
import { isAbsent } from "../../shared/name-server.ts";
import { dkimRecord, dkimRecordName } from "./dkim-key.ts";

/** TXT records of a name, each as its parts; rejects with a `code` as node:dns does. */
export type ResolveTxt = (name: string) => Promise<readonly (readonly string[])[]>;

export type RecordCheck =
  | { readonly kind: "found"; readonly testing: boolean }
  | { readonly kind: "missing" | "revoked" | "wrong_key" | "no_sha256" }
  | { readonly kind: "unreachable"; readonly why: string };

/** Whether the key that receivers find is the one that messages are signed with. */
export async function checkDkimRecord(
  { domain, selector, key }: { readonly domain: string; readonly selector: string; readonly key: KeyObject },
  resolve: ResolveTxt,
): Promise<RecordCheck> {
  const records = await textsOf(dkimRecordName(domain, selector), resolve);
  if ("unreachable" in records) return { kind: "unreachable", why: records.unreachable };
  const tags = records.texts.map(tagsOf).find((found) => found.has("p"));
  if (tags === undefined) return { kind: "missing" };
  const published = (tags.get("p") ?? "").replace(/\s/g, "");
  if (published === "") return { kind: "revoked" };
  if (!isSameKey(published, key)) return { kind: "wrong_key" };
  const hashes = tags
    .get("h")
    ?.split(":")
    .map((hash) => hash.trim());
  if (hashes !== undefined && !hashes.includes("sha256")) return { kind: "no_sha256" };
  return { kind: "found", testing: tags.get("t")?.split(":").includes("y") ?? false };
}

/** The first TXT record that begins so; null: there is none; undefined: it cannot be looked up from here. */
export async function findRecord(name: string, start: RegExp, resolve: ResolveTxt): Promise<string | null | undefined> {
  const records = await textsOf(name, resolve);
  return "unreachable" in records ? undefined : (records.texts.find((text) => start.test(text)) ?? null);
}

/** What to publish, in one line. */
export function recordToPublish(domain: string, selector: string, key: KeyObject): string {
  const { name, text } = dkimRecord(domain, selector, key);
  return `${name} TXT "${text}"`;
}

async function textsOf(
  name: string,
  resolve: ResolveTxt,
): Promise<{ readonly texts: readonly string[] } | { readonly unreachable: string }> {
  try {
    // A TXT record has strings of 255 octets at most, which are joined without a space (RFC 7208 § 3.3).
    return { texts: (await resolve(name)).map((parts) => parts.join("")) };
  } catch (error) {
    const { code = "unknown error" } = error as NodeJS.ErrnoException;
    return isAbsent(code) ? { texts: [] } : { unreachable: code };
  }
}

/** `v=DKIM1; k=rsa; p=…` (RFC 6376 § 3.2). */
function tagsOf(record: string): ReadonlyMap<string, string> {
  const pairs = record.split(";").map((tag) => {
    const at = tag.indexOf("=");
    return [tag.slice(0, Math.max(0, at)).trim(), tag.slice(at + 1).trim()] as const;
  });
  return new Map(pairs.filter(([name]) => name !== ""));
}

function isSameKey(base64: string, key: KeyObject): boolean {
  const der = Buffer.from(base64, "base64");
  // Both forms are in use for RSA (RFC 6376, erratum 3017).
  return (["spki", "pkcs1"] as const).some((type) => {
    try {
      return createPublicKey({ key: der, format: "der", type }).equals(createPublicKey(key));
    } catch {
      return false;
    }
  });
}
