import { expect, test } from "vitest";
import { updateLists } from "../../../src/local/fetch/apt.ts";
import { explainAptFailure } from "../../../src/local/fetch/apt-failure.ts";

const expired = explainAptFailure(
  "E: Release file for http://a.example/debian/dists/forky/InRelease is expired (invalid since 3d 2h 5min 1s). Updates for this repository will not be applied.\n",
);

test("package lists are read with the check of their validity first", async () => {
  const runs: string[][] = [];
  const said: string[] = [];
  await updateLists(
    async (args) => void runs.push(args),
    (line) => said.push(line),
  );
  expect(runs).toHaveLength(1);
  expect(runs.flat().join(" ")).not.toContain("Check-Valid-Until");
  expect(said).toEqual([]);
});

test("expired lists are used only after that, and it is said", async () => {
  const runs: string[] = [];
  const said: string[] = [];
  await updateLists(
    async (args) => {
      runs.push(args.join(" "));
      if (!args.includes("Acquire::Check-Valid-Until=false")) throw new Error(expired);
    },
    (line) => said.push(line),
  );
  expect(runs).toHaveLength(2);
  expect(said).toEqual([expect.stringContaining("lists have expired")]);
});

test("any other failure of apt is told at once", async () => {
  const runs: string[][] = [];
  const offline = async (args: string[]) => {
    runs.push(args);
    throw new Error("E: Could not resolve the archive");
  };
  await expect(updateLists(offline, () => undefined)).rejects.toThrow("Could not resolve");
  expect(runs).toHaveLength(1);
});
