/** What becomes of tests that fail beside the others and pass alone. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesToTryAgain, mergeSecondTry, readReport, type TestReport } from "../../unsteady.ts";

type File = TestReport["testResults"][number];

const test = (fullName: string, status = "passed") => ({ fullName, status });
const file = (name: string, ...assertionResults: File["assertionResults"]): File => ({
  ...{ name, assertionResults },
  status: assertionResults.some(({ status }) => status === "failed") ? "failed" : "passed",
});
const report = (...testResults: File[]): TestReport => ({
  ...{ success: false, numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 },
  testResults,
});

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "onering-unsteady-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("a second try", () => {
  it("is of the files that failed, where these are few", () => {
    const failed = (count: number) => Array.from({ length: count }, (_, at) => file(`f${at}`, test("a", "failed")));
    expect(filesToTryAgain(report(file("fine", test("a")), ...failed(2)))).toEqual(["f0", "f1"]);
    expect(filesToTryAgain(report(...failed(6)))).toEqual([]);
    expect(filesToTryAgain(report(file("fine", test("a"))))).toEqual([]);
  });

  it("counts with the rest of the run, and names what passed in it alone", async () => {
    const first = report(
      file("fine", test("a"), test("b")),
      file("starved", test("c", "failed"), test("d")),
      file("broken", test("e", "failed")),
    );
    const second = report(file("starved", test("c"), test("d")), file("broken", test("e", "failed")));
    const to = path.join(folder, "report.json");
    expect(await mergeSecondTry(to, first, second)).toEqual(["starved: c"]);
    expect(await readReport(to)).toMatchObject({ success: false, numPassedTests: 4, numFailedTests: 1 });
    await mergeSecondTry(to, first, report(file("starved", test("c"), test("d")), file("broken", test("e"))));
    expect(await readReport(to)).toMatchObject({ success: true, numPassedTests: 5, numFailedTests: 0 });
  });

  it("names a file whose hooks failed, and no test of it", async () => {
    const first = report({ ...file("hooks", test("a")), status: "failed" });
    const unsteady = await mergeSecondTry(path.join(folder, "hooks.json"), first, report(file("hooks", test("a"))));
    expect(unsteady).toEqual(["hooks: as a whole"]);
  });
});
