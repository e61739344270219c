/** Adding sounds to a folder; the synthesiser is a shell script here, the real one makes those of `npm run runtime`. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { makeSounds, type Synthesiser } from "../../../src/speech/synthesise.ts";
import { promptTexts } from "../../../src/speech/texts.ts";
import { readWav, writeWav } from "../../../src/speech/wav.ts";

let dir: string;
let synthesiser: Synthesiser;
let folder: string;
const tone = Int16Array.from({ length: 11_025 }, (_, i) => 9000 * Math.sin(i / 10));

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-speech-"));
  await writeFile(path.join(dir, "tone.wav"), writeWav({ rate: 22_050, samples: tone }));
  const script = path.join(dir, "espeak-ng");
  // "$2" is the voice, the last argument the text.
  await writeFile(
    script,
    `#!/bin/sh
[ "$2" = kk ] && { echo "Error: The specified espeak-ng voice does not exist." >&2; exit 1; }
for last; do :; done
echo "$2 $last" >>${dir}/asked
cat ${dir}/tone.wav
`,
  );
  await chmod(script, 0o755);
  synthesiser = { command: script, args: [] };
});
afterAll(() => rm(dir, { recursive: true, force: true }));
beforeEach(async () => {
  folder = await mkdtemp(path.join(dir, "sounds-"));
  await writeFile(path.join(dir, "asked"), "");
});

it("makes what a language lacks, in the format that Asterisk plays, and keeps what is there in any format", async () => {
  await mkdir(path.join(folder, "ru/digits"), { recursive: true });
  await writeFile(path.join(folder, "ru/digits/7.gsm"), "recorded");
  const result = await makeSounds(synthesiser, folder, "ru");
  expect(result).toMatchObject({ language: "ru", kept: ["digits/7"], problem: null });
  expect(result.made).toHaveLength(12);
  expect((await readdir(path.join(folder, "ru/digits"))).sort()).toEqual(
    ["0", "1", "2", "3", "4", "5", "6", "8", "9"]
      .map((digit) => `${digit}.wav`)
      .concat("7.gsm")
      .sort(),
  );
  const prompt = readWav(await readFile(path.join(folder, "ru/onering/press-1.wav")));
  expect(prompt.rate).toBe(8000);
  expect(prompt.samples.length).toBeGreaterThan(3900);
  const asked = await readFile(path.join(dir, "asked"), "utf8");
  expect(asked).toContain(`ru ${promptTexts.ru?.pressKey}\n`);
  expect(asked).not.toContain("ru 7\n");
  // Nothing is made twice.
  expect(await makeSounds(synthesiser, folder, "ru")).toMatchObject({ made: [], problem: null });
});

it("says why a language is incomplete", async () => {
  expect((await makeSounds(synthesiser, folder, "kk")).problem).toMatch(/voice kk: .*does not exist/);
  expect((await makeSounds(synthesiser, folder, "tlh")).problem).toBe("there are no texts in this language");
  const absent = { command: path.join(dir, "not-there"), args: [] };
  expect((await makeSounds(absent, folder, "ru")).problem).toMatch(/voice ru: .*ENOENT/);
});

it("has a text and a voice for each language of the messages, and never asks for a key without saying which", () => {
  expect(Object.keys(promptTexts)).toHaveLength(20);
  for (const { voice, pressKey, yourCode, again } of Object.values(promptTexts)) {
    expect(voice).toMatch(/^[a-z]{2,3}(-[a-z0-9]+)?$/);
    expect(pressKey).toMatch(/1|١|۱|१/);
    for (const text of [yourCode, again]) expect(text.length).toBeGreaterThan(3);
  }
});
