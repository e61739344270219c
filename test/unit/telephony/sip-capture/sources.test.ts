import { describe, expect, it } from "vitest";
import { allowedSources } from "../../../../src/telephony/sip-capture/sources.ts";

describe("packets for the capture", () => {
  const isAllowed = allowedSources(["10.1.2.0/24", "192.0.2.7", "fd00::/8"]);

  it.each([
    ["127.0.0.1", true],
    ["127.9.9.9", true],
    ["10.1.2.3", true],
    ["10.1.3.3", false],
    ["192.0.2.7", true],
    ["192.0.2.8", false],
    ["0.0.0.0", false],
    ["::1", true],
    ["fd00::1", true],
    ["2001:db8::1", false],
    ["::ffff:10.1.2.3", true],
    ["::ffff:10.9.9.9", false],
  ])("from %s: %s", (address, allowed) => {
    const family = address.includes(":") ? "IPv6" : "IPv4";
    expect(isAllowed(address, family)).toBe(allowed);
    // The answer does not depend on who came before.
    isAllowed("127.0.0.1", "IPv4");
    expect(isAllowed(address, family)).toBe(allowed);
  });

  it("without a list come from this host alone", () => {
    expect(allowedSources([])("10.1.2.3", "IPv4")).toBe(false);
    expect(allowedSources([])("127.0.0.1", "IPv4")).toBe(true);
  });
});
