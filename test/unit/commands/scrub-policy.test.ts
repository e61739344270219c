import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import packaged from "libphonenumber-js/max/metadata";
import { afterEach, expect, it } from "vitest";
import { readScrubPolicy } from "../../../src/commands/scrub-policy.ts";
import { builtInMetadata, numberingMetadata, useNumberingMetadata } from "../../../src/numbers/library.ts";
import { leastConfig } from "../../support/test-config.ts";

const folder = mkdtempSync(path.join(tmpdir(), "onering-scrub-policy-"));
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  useNumberingMetadata(builtInMetadata);
});

it("reads numbers by the plans of the gateway's configuration, of lists and of tables", async () => {
  const plans = path.join(folder, "libphonenumber-9.0.99.json");
  const config = path.join(folder, "onering.yaml");
  writeFileSync(plans, JSON.stringify(packaged));
  writeFileSync(config, JSON.stringify({ ...leastConfig(), numbers: { default_country: "ID", metadata_file: plans } }));
  const policy = await readScrubPolicy({ config, country: null, keepLandlines: false });
  expect(policy).toMatchObject({ country: "ID", keepLandlines: false });
  expect(numberingMetadata()).toMatchObject({ version: "9.0.99", source: "file" });
});
