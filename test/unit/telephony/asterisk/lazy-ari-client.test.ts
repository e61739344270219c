import { spawnSync } from "node:child_process";
import path from "node:path";
import { expect, it } from "vitest";

it("ari-client and its old dependencies are loaded by none but the driver that uses them", () => {
  const telephony = path.join(import.meta.dirname, "../../../../src/telephony/index.ts");
  const script = `await import(${JSON.stringify(telephony)});
const { Module } = await import("node:module");
console.log(Object.keys(Module._cache).filter((file) => /node_modules\\/(ari-client|swagger-client|@cypress|lodash)\\//.test(file)).length);`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  expect({ stdout, stderr }).toEqual({ stdout: "0\n", stderr: "" });
});
