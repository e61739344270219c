import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { configurationDocsPath, generateConfigurationDocs } from "../../../src/build/config-docs.ts";

test("docs/configuration.md is what the schema says (node src/build/config-docs.ts writes it)", async () => {
  expect(await readFile(configurationDocsPath, "utf8")).toBe(generateConfigurationDocs());
});

test("every setting is in the documentation with its default and its variable", () => {
  const docs = generateConfigurationDocs();
  expect(docs).toContain("| `http.port`<br>`ONERING_HTTP_PORT` | a whole number from 0 to 65535 | `8080` |");
  expect(docs).toContain('| `trunks.<name>.ring_on` | one of 180, 180+183 | `"180"` |');
  expect(docs).toContain("| `routes[].prefix` |");
  expect(docs).toContain("| `ranges.<name>.prefix` |");
  expect(docs).toContain("| `ranges.<name>.numbers` |");
  expect(docs).toContain("| `redis.sentinel.name`<br>`ONERING_REDIS_SENTINEL_NAME` |");
  expect(docs).not.toMatch(/undefined|\[object/);
});
