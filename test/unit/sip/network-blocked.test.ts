import { describe, expect, it } from "vitest";
import { readReasons } from "../../../src/sip/header.ts";
import { isNetworkBlocked } from "../../../src/sip/network-blocked.ts";

const blocked = (reason: string, phrase = "Network Blocked", status = 603) =>
  isNetworkBlocked(status, phrase, readReasons([reason]));

describe("603+ (ATIS-1000099)", () => {
  it.each([
    ['SIP;cause=603;text="v=analytics1;url=https://redress.example/form";location=RLN', "https://redress.example/form"],
    ['SIP ;cause=603 ;text="v=analytics1; tel=+18005550100; url=https://redress.example/"', "https://redress.example/"],
    ['Q.850;cause=21, sip;text="V=Analytics2;url=http://redress.example";cause=603', "http://redress.example/"],
    ['SIP;cause=603;text="v=analytics1;email=redress@example.com"', null],
    ['SIP;cause=603;text="v=analytics1;url=javascript:alert(1)"', null],
    ['SIP;cause=603;text="v=analytics1;url=not a url"', null],
    [`SIP;cause=603;text="v=analytics1;url=https://redress.example/${"a".repeat(300)}"`, null],
  ])("is known by its Reason, whatever the phrase: %s", (reason, redressUrl) => {
    expect(blocked(reason)).toEqual({ redressUrl });
    expect(blocked(reason, "Decline")).toEqual({ redressUrl });
  });

  it("is known by its phrase where that is all there is", () => {
    expect(blocked("", "network  blocked")).toBeNull();
    expect(blocked("", "network blocked")).toEqual({ redressUrl: null });
  });

  it.each([
    ["a person's", "SIP;cause=603", "Decline", 603],
    ["another status", 'SIP;cause=603;text="v=analytics1"', "Network Blocked", 607],
    ["another cause", 'SIP;cause=607;text="v=analytics1"', "Decline", 603],
    ["another protocol", 'Q.850;cause=603;text="v=analytics1"', "Decline", 603],
    ["another text", 'SIP;cause=603;text="see v=analytics1"', "Decline", 603],
  ])("is not %s", (_, reason, phrase, status) => {
    expect(blocked(reason, phrase, status)).toBeNull();
  });

  it("keeps no number that the redress URL holds", () => {
    const urls = [
      "https://user:secret@redress.example/c/+12025550147/+44-7700-900123?from=%2B12025550147#4477",
      "https://redress.example/case/1202.555.0147",
    ];
    const kept = urls.map((url) => blocked(`SIP;cause=603;text="v=analytics1;url=${url}"`)?.redressUrl ?? "none");
    expect(kept).toEqual(["https://redress.example/c/+…/+…", "https://redress.example/case/…"]);
  });
});
