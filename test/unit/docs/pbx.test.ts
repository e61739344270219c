/** What the page for an own PBX has operators write, against what asterisk-config ships. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { canaryApp } from "../../../src/doctor/canary/index.ts";
import { ariAppOf } from "../../../src/processes/own-config.ts";

const root = path.join(import.meta.dirname, "../../..");
const channelsOf = (file: string) =>
  /^eventfilter = (Uniqueid: .+)$/m.exec(readFileSync(path.join(root, file), "utf8"))?.[1];
const shipped = channelsOf("asterisk-config/manager.conf")?.replace("@AMI_CALLS_APP@", "onering");
const page = channelsOf("docs/deploy-beside-a-pbx.md");

describe("the eventfilter for calls over AMI", () => {
  it("of the page is that of asterisk-config", () => {
    expect(page).toBe(shipped);
  });

  it.each([ariAppOf("onering", 0), ariAppOf("onering", 1), ariAppOf("onering", 12), canaryApp("onering")])(
    "of the page passes the channels of %s: they were dropped, and every call ended as no_response",
    (app) => {
      expect(`Event: Newchannel\r\nUniqueid: ${app}.c4f1\r\n`).toMatch(new RegExp(page ?? "missing"));
    },
  );

  it("of the page drops the channels of others", () => {
    for (const other of ["1764265000.12", "onering2.c4f1", "onering-staging.c4f1"]) {
      expect(`Uniqueid: ${other}`).not.toMatch(new RegExp(page ?? ""));
    }
  });
});
