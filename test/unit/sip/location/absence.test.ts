/** What an operator is told of a carrier's name that leads nowhere. */
import { expect, test } from "vitest";
import { whyNoAddress } from "../../../../src/sip/location/absence.ts";

type Reply = "found" | "ENOTFOUND" | "ENODATA" | "ETIMEOUT" | "ESERVFAIL";

const serversWith = (a: Reply, aaaa: Reply) => {
  const answer = async (reply: Reply) => {
    if (reply !== "found") throw Object.assign(new Error("query failed"), { code: reply });
  };
  return { resolve4: () => answer(a), resolve6: () => answer(aaaa) };
};

test.each<[Reply, Reply, string]>([
  ["ENOTFOUND", "ENOTFOUND", "does not exist in DNS (NXDOMAIN)"],
  ["ENODATA", "ENODATA", "has neither an A nor an AAAA record in DNS"],
  ["ENODATA", "ENOTFOUND", "has neither an A nor an AAAA record in DNS"],
  ["ENODATA", "found", "has only IPv6 addresses (AAAA)"],
  ["found", "ENODATA", "has addresses, and its NAPTR or SRV records lead to none"],
  ["ETIMEOUT", "ETIMEOUT", "cannot be resolved: no name server answers (ETIMEOUT)"],
  ["ESERVFAIL", "ENODATA", "cannot be resolved: the name server answers SERVFAIL"],
])("A %s, AAAA %s, for a gateway with IPv4: the name %s", async (a, aaaa, words) => {
  expect((await whyNoAddress("sip.carrier.example", [4], serversWith(a, aaaa))).words).toBe(words);
});

test("a gateway with IPv6 only does not reach a carrier with IPv4 only", async () => {
  const absence = await whyNoAddress("sip.carrier.example", [6], serversWith("found", "ENODATA"));
  expect(absence).toEqual({ kind: "other_family", words: "has only IPv4 addresses (A)" });
});

test("a name without a dot is not asked of name servers", async () => {
  expect((await whyNoAddress("carrier", [4], serversWith("found", "found"))).kind).toBe("no_name");
});
