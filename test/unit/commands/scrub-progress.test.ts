import { describe, expect, it } from "vitest";
import { createProgress } from "../../../src/commands/scrub-progress.ts";

function progressOf(isTerminal: boolean, total: number | null, columns = 80) {
  const written: string[] = [];
  let nowMs = 0;
  const progress = createProgress({
    ...{ total, isTerminal, columns, nowMs: () => nowMs, write: (text) => void written.push(text) },
    from: { rows: 0, position: 0 },
  });
  const at = (ms: number, rows: number, position: number) => {
    nowMs = ms;
    progress.show({ rows, position });
  };
  return { at, end: () => progress.end(), written };
}

describe("the progress of a list", () => {
  it("is a bar on a terminal, with rate and time left", () => {
    const { at, end, written } = progressOf(true, 4_000_000);
    at(100, 50_000, 100_000);
    at(1000, 500_000, 1_000_000);
    at(1050, 600_000, 1_100_000);
    end();
    expect(written).toEqual([
      "\r\u001b[2K[######------------------]  25 %  500,000 rows  500,000 rows/s  0:03 left",
      "\r\u001b[2K",
    ]);
  });

  it("is a line now and then elsewhere", () => {
    const { at, end, written } = progressOf(false, 100);
    at(1000, 10, 10);
    at(5000, 50, 50);
    at(9000, 90, 90);
    end();
    expect(written).toEqual(["50 %  50 rows  10 rows/s  0:05 left\n"]);
  });

  it("says no time left where the end is not known, and fits a narrow terminal", () => {
    const unknown = progressOf(true, null);
    unknown.at(1000, 1234, 1234);
    expect(unknown.written).toEqual(["\r\u001b[2K1,234 rows  1,234 rows/s"]);
    const narrow = progressOf(true, 100, 30);
    narrow.at(1000, 10, 10);
    expect(narrow.written[0]?.length).toBeLessThan(30 + "\r\u001b[2K".length);
  });
});
