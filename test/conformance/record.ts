/**
 * Records what libphonenumber's own unit tests ask and get: `node test/conformance/record.ts DIR`, DIR being the unpacked
 * source package of Debian (`apt-get source libphonenumber`). Its JavaScript tests run, over its test metadata, against the
 * official port (google-libphonenumber) with every call written down; they have the tests of PhoneNumberUtilTest.java and
 * phonenumberutil_test.cc under the same names. A test's own assertions hold what is recorded, and their failures are printed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import vm from "node:vm";
import google from "google-libphonenumber";
import { type Case, casesPath, metadataPath, type RecordedNumber } from "./cases.ts";

const directory = process.argv[2];
if (directory === undefined) throw new Error("usage: node test/conformance/record.ts DIR");
const folder = path.join(directory, "javascript/i18n/phonenumbers");
const read = (file: string) => readFileSync(path.join(folder, file), "utf8");

type Method = (...values: unknown[]) => unknown;
const util = google.PhoneNumberUtil.getInstance();
const cases: Case[] = [];
let test = "";

/** Behind a proxy, so that the calls of the library to itself are not recorded. */
const recording = new Proxy(util, {
  get(target, name) {
    const member: unknown = Reflect.get(target, name);
    if (typeof member !== "function") return member;
    return (...values: unknown[]) => {
      const call = { test, call: String(name), given: values.map(plain) };
      try {
        const result = (member as Method).apply(target, values);
        cases.push({ ...call, result: plain(result) });
        return result;
      } catch (error) {
        cases.push({ ...call, error: String((error as Error).message ?? error) });
        throw error;
      }
    };
  },
});

function plain(value: unknown): Case["given"][number] {
  if (value instanceof google.PhoneNumber) return numberOf(value);
  if (["string", "number", "boolean"].includes(typeof value) || value === null) return value as string;
  if (Array.isArray(value)) return value.map(plain);
  return value === undefined ? null : "(an object)";
}

function numberOf(number: InstanceType<typeof google.PhoneNumber>): RecordedNumber {
  const extension = number.getExtension();
  const national = number.hasNationalNumber() ? util.getNationalSignificantNumber(number) : "";
  return { e164: `+${number.getCountryCode() ?? ""}${national}`, ...(extension ? { extension } : {}) };
}

class StringBuffer {
  #text: string;
  constructor(text = "") {
    this.#text = text;
  }
  append(text: string) {
    this.#text += text;
  }
  set(text: string) {
    this.#text = text;
  }
  clear() {
    this.#text = "";
  }
  toString() {
    return this.#text;
  }
}

/** Those of goog.testing.asserts that the tests use, with an optional comment in front. */
const asserts = {
  assertEquals: (...values: unknown[]) => hold(values.at(-2) === values.at(-1), values),
  assertTrue: (...values: unknown[]) => hold(values.at(-1) === true, values),
  assertFalse: (...values: unknown[]) => hold(values.at(-1) === false, values),
  assertNull: (...values: unknown[]) => hold(values.at(-1) === null, values),
  assertNotNull: (...values: unknown[]) => hold(values.at(-1) !== null, values),
  assertUndefined: (...values: unknown[]) => hold(values.at(-1) === undefined, values),
  assertArrayEquals: (...values: unknown[]) =>
    hold(JSON.stringify(values.at(-2)) === JSON.stringify(values.at(-1)), values),
  fail: (why: string) => hold(false, [why]),
};

function hold(condition: boolean, values: readonly unknown[]): void {
  if (!condition) throw new Error(`assertion: ${values.map(String).join(", ")}`);
}

const library = google as unknown as Record<string, unknown>;
const none = () => undefined;
const testMetadata: Record<string, object> = {};
const closure = { provide: none, require: none, setTestOnly: none, string: { StringBuffer } };
vm.runInNewContext(read("metadatafortesting.js"), {
  goog: closure,
  i18n: { phonenumbers: { metadata: testMetadata } },
});
Object.assign(library.metadata as object, testMetadata);
const phonenumbers = {
  ...library,
  PhoneNumberUtil: Object.assign(Object.create(google.PhoneNumberUtil), { getInstance: () => recording }),
};
const context = vm.createContext({ goog: closure, i18n: { phonenumbers }, ...asserts });
vm.runInContext(read("regioncodefortesting.js"), context);
vm.runInContext(withEachStatementTried(read("phonenumberutil_test.js")), context);

const failures: string[] = [];
Object.assign(context, { failed: (error: Error) => failures.push(`${test}: ${error.message}`) });
const tests = Object.keys(context).filter((name) => /^test[A-Z]/.test(name) && typeof context[name] === "function");
for (const name of tests) {
  test = name;
  context[name]();
}
writeFileSync(metadataPath, `${JSON.stringify(testMetadata)}\n`);
writeFileSync(casesPath, `${cases.map((one) => JSON.stringify(one)).join("\n")}\n`);
process.stdout.write(
  `${tests.length} tests, ${cases.length} calls, ${failures.length} failed\n${failures.join("\n")}\n`,
);

/** What fails must not end its test: the statements behind it ask for something else. */
function withEachStatementTried(source: string): string {
  const caught = "} catch (error) { failed(error); }";
  return source.replace(/^function (test\w+)\(\) \{\n([\s\S]*?)^\}/gm, (_all, name: string, body: string) => {
    const tried = body.replace(/;\n+(?= {2}[^\s}])/g, `; ${caught} try {\n`);
    return `function ${name}() { try {\n${tried}${caught} }`;
  });
}
