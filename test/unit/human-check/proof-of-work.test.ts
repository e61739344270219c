/** The proof of work, solved by the example's own script. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { createProofOfWork, leadingZeroBits } from "../../../src/human-check/proof-of-work.ts";

const { solve } = await import("../../../docs/examples/page-start/proof-of-work.js" as string);
const challenge = "mZ3uJ8kQ2sV5yB7eH9jL1nP4rT6wX0zA_C-dFgIoKqM";
const about = (own = challenge) => ({ challenge: own, ip: "192.0.2.7", hostnames: [] });

test("zero bits are counted", () => {
  expect([[0x80], [0x01], [0x00, 0x40], [0x00, 0x00]].map((bytes) => leadingZeroBits(Buffer.from(bytes)))).toEqual([
    0, 7, 9, 16,
  ]);
});

test("what the example's page finds passes, for its challenge and difficulty alone", async () => {
  const check = createProofOfWork("work", { bits: 12 });
  const task = check.task(challenge);
  expect(task).toMatchObject({ provider: "proof_of_work", challenge, bits: 12 });
  const number: string = await solve(task);
  expect(createHash("sha256").update(`${challenge}.${number}`).digest("hex")).toMatch(/^000/);
  expect(await check.verify(number, about())).toEqual({ kind: "passed" });
  // The first number that fits: no smaller one does.
  expect(await check.verify(String(Number(number) - 1), about())).toEqual({ kind: "failed", why: "too_few_zero_bits" });
  expect(await check.verify(number, about(`${challenge.slice(0, -1)}N`))).toMatchObject({ kind: "failed" });
  expect(await createProofOfWork("work", { bits: 26 }).verify(number, about())).toMatchObject({ kind: "failed" });
});

test.each(["", "-1", "01", "1.5", "1e3", " 1", "123456789012", "abc", "1\n"])("%j is no number", async (answer) => {
  const check = createProofOfWork("work", { bits: 8 });
  expect(await check.verify(answer, about())).toEqual({ kind: "failed", why: "no_number" });
});
