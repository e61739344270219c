/** Why a name has no address for us: what the name servers say when they are asked for its addresses once more. */
import { createResolver, isAbsent } from "../../shared/name-server.ts";
import type { Family } from "./questions.ts";

export interface Absence {
  /** `other_family`: it has addresses of a family that we do not use. */
  readonly kind: "no_name" | "no_address" | "other_family" | "no_service" | "unanswered";
  /** To follow the name, for operators: `does not exist in DNS (NXDOMAIN)`. */
  readonly words: string;
}

/** What of `dns.promises.Resolver` is asked. */
export interface AddressServers {
  resolve4(name: string): Promise<unknown>;
  resolve6(name: string): Promise<unknown>;
}

const timeoutMs = 700;
const tries = 2;
const standard = () => createResolver({ servers: [], timeoutMs, tries });

/** @param families those of our own addresses */
export async function whyNoAddress(
  name: string,
  families: readonly Family[],
  servers: AddressServers = standard(),
): Promise<Absence> {
  if (!name.includes(".")) return { kind: "no_name", words: "is no name that this machine can resolve" };
  const [a, aaaa] = await Promise.all([codeOf(servers.resolve4(name)), codeOf(servers.resolve6(name))]);
  if ((families.includes(4) && a === null) || (families.includes(6) && aaaa === null)) {
    return { kind: "no_service", words: "has addresses, and its NAPTR or SRV records lead to none" };
  }
  if (aaaa === null) return { kind: "other_family", words: "has only IPv6 addresses (AAAA)" };
  if (a === null) return { kind: "other_family", words: "has only IPv4 addresses (A)" };
  const failed = [a, aaaa].find((code) => !isAbsent(code));
  if (failed !== undefined) return { kind: "unanswered", words: `cannot be resolved: ${failureText(failed)}` };
  return a === "ENOTFOUND" && aaaa === "ENOTFOUND"
    ? { kind: "no_name", words: "does not exist in DNS (NXDOMAIN)" }
    : { kind: "no_address", words: "has neither an A nor an AAAA record in DNS" };
}

/** @returns the error's code; null: there are records */
async function codeOf(question: Promise<unknown>): Promise<string | null> {
  try {
    await question;
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "unknown";
  }
}

function failureText(code: string): string {
  const isSilent = code === "ETIMEOUT" || code === "ECONNREFUSED";
  return isSilent ? `no name server answers (${code})` : `the name server answers ${code.replace(/^E/, "")}`;
}
