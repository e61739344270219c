/** What docs/api.md shows of a verification is what the API document says of it, key by key. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect, it } from "vitest";
import { outcomes } from "../../../src/telephony/calls/outcome.ts";
import { testServer } from "../http/support.ts";

const guide = readFileSync(new URL("../../../docs/api.md", import.meta.url), "utf8");
const example = JSON.parse(/## The verification\n```json\n(.*?)```/s.exec(guide)?.[1] ?? "null");

it("the example of a verification fits the schema and has every key that every answer has", async () => {
  const { server } = await testServer();
  const document = (await server.inject("/openapi.json")).json();
  const { schema } = document.paths["/v1/verifications/{id}"].get.responses["200"].content["application/json"];
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.validate({ ...schema, components: document.components }, example);
  expect(ajv.errors ?? []).toEqual([]);
  const { properties, required } = schema.properties ? schema : document.components.schemas.Verification;
  // What few answers have is explained in words: `test`.
  expect(Object.keys(example)).toEqual(expect.arrayContaining(required));
  expect(Object.keys(properties)).toEqual(expect.arrayContaining(Object.keys(example)));
});

it.each(outcomes)("the table of outcomes explains %s", (outcome) => {
  const rows = guide
    .slice(guide.indexOf("## Outcomes"))
    .split("\n")
    .filter((line) => line.startsWith("|"));
  expect(rows.some((row) => row.split("|")[1]?.includes(`\`${outcome}\``))).toBe(true);
});
