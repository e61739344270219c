/** One mailbox has many spellings: limits count the mailbox. */

/** Providers that ignore dots in the local part; the second is another name of the first. */
const dotless: ReadonlySet<string> = new Set(["gmail.com", "googlemail.com"]);

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1).toLowerCase();
}

/**
 * Without regard to case, and without a tag (`+tag`, RFC 5233), which nearly every provider delivers to the mailbox without
 * it. Two people are taken for one only where a provider gives `name+x` to another person than `name`; none is known.
 */
export function mailboxOf(address: string): string {
  const domain = domainOf(address);
  const local = address.slice(0, address.lastIndexOf("@")).toLowerCase();
  const untagged = local.indexOf("+") > 0 ? local.slice(0, local.indexOf("+")) : local;
  if (!dotless.has(domain)) return `${untagged}@${domain}`;
  return `${untagged.replaceAll(".", "")}@gmail.com`;
}
