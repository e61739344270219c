/**
 * A test that fails beside the others is tried once more when they are over: on a machine that is half as fast as yesterday, what
 * waits for real programs starves. What passes then is named, and is to be mended: a fault that only load shows is a fault too.
 */
import { readFile, writeFile } from "node:fs/promises";

export interface TestReport {
  success: boolean;
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: FileReport[];
}

interface FileReport {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
}

/** More than these is no lack of CPU. */
const maxFiles = 5;

export const readReport = async (file: string): Promise<TestReport> => JSON.parse(await readFile(file, "utf8"));

/** @returns the test files to try again; none where nothing failed, where too much did, or where what failed is in no file */
export function filesToTryAgain(report: TestReport): string[] {
  const files = report.testResults.filter(({ status }) => status === "failed").map(({ name }) => name);
  return files.length > maxFiles ? [] : files;
}

/** Writes the report of a whole run with the results of a second try in it. @returns what passed in the second try alone */
export async function mergeSecondTry(file: string, first: TestReport, second: TestReport): Promise<string[]> {
  const again = new Map(second.testResults.map((result) => [result.name, result]));
  const testResults = first.testResults.map((result) => again.get(result.name) ?? result);
  const counted = (status: string) =>
    testResults.reduce((sum, one) => sum + one.assertionResults.filter((test) => test.status === status).length, 0);
  const merged: TestReport = {
    ...first,
    ...{ testResults, numPassedTests: counted("passed"), numFailedTests: counted("failed") },
    success: testResults.every(({ status }) => status === "passed"),
  };
  await writeFile(file, JSON.stringify(merged));
  return first.testResults
    .filter(({ name, status }) => status === "failed" && again.get(name)?.status === "passed")
    .flatMap(({ name, assertionResults }) => {
      const tests = assertionResults.filter((test) => test.status === "failed").map((test) => test.fullName);
      return (tests.length > 0 ? tests : ["as a whole"]).map((test) => `${name}: ${test}`);
    });
}
