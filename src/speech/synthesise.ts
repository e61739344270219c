/** Makes the sounds that a sound set lacks, with espeak-ng, as WAV files of 8 kHz that can be listened to and replaced. */
import { execFile } from "node:child_process";
import { mkdir, readdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { againSound, digitSounds, pressKeySound, yourCodeSound } from "./sound-names.ts";
import { forTelephone } from "./telephone-audio.ts";
import { type PromptTexts, promptTexts } from "./texts.ts";
import { readWav, writeWav } from "./wav.ts";

/** How espeak-ng is started. */
export interface Synthesiser {
  readonly command: string;
  readonly args: readonly string[];
}

const deadlineMs = 20_000;
/** A sentence takes some 200 KiB. */
const maxBytes = 4 * 1024 * 1024;
/** Words a minute: slower than the default of 175, since digits are written down. */
const wordsPerMinute = 140;
/** The formats that Asterisk's own modules play; a file in any of them is the sound. */
const formats = new Set(["gsm", "wav", "WAV", "wav49", "sln", "sln16", "ulaw", "ul", "pcm", "alaw", "al", "g722"]);

/** The result for one language. */
export interface MadeSounds {
  readonly language: string;
  readonly made: readonly string[];
  /** Was there already: left as it is. */
  readonly kept: readonly string[];
  /** Why there are not all; null where there are. */
  readonly problem: string | null;
}

/**
 * Adds what a language of a sound set lacks: `<folder>/<language>/digits/0.wav` and so on. An existing file is never
 * replaced, in whatever format.
 * @param folder Asterisk's folder of sounds
 */
export async function makeSounds(synthesiser: Synthesiser, folder: string, language: string): Promise<MadeSounds> {
  const texts = promptTexts[language];
  if (texts === undefined) return { language, made: [], kept: [], problem: "there are no texts in this language" };
  const [made, kept]: [string[], string[]] = [[], []];
  for (const [sound, text] of textsOf(texts)) {
    const file = path.join(folder, language, `${sound}.wav`);
    if (await hasSound(file)) {
      kept.push(sound);
      continue;
    }
    try {
      await writeWhole(file, await speak(synthesiser, texts.voice, text));
    } catch (error) {
      return { language, made, kept, problem: (error as Error).message };
    }
    made.push(sound);
  }
  return { language, made, kept, problem: null };
}

function textsOf({ pressKey, yourCode, again }: PromptTexts): readonly (readonly [sound: string, text: string])[] {
  const digits = digitSounds.map((sound, digit) => [sound, String(digit)] as const);
  return [...digits, [pressKeySound, pressKey], [yourCodeSound, yourCode], [againSound, again]];
}

async function hasSound(file: string): Promise<boolean> {
  const { dir, name } = path.parse(file);
  const files = await readdir(dir).catch(() => []);
  return files.some((one) => path.parse(one).name === name && formats.has(path.extname(one).slice(1)));
}

/** @returns a WAV file @throws {Error} with the end of what espeak-ng printed */
async function speak({ command, args }: Synthesiser, voice: string, text: string): Promise<Buffer> {
  const own = ["-v", voice, "-s", String(wordsPerMinute), "--stdout", text];
  const options = { encoding: "buffer" as const, timeout: deadlineMs, maxBuffer: maxBytes };
  try {
    const { stdout } = await promisify(execFile)(command, [...args, ...own], options);
    return writeWav(forTelephone(readWav(stdout)));
  } catch (error) {
    const printed = (error as { stderr?: Buffer }).stderr?.toString("utf8").trim().slice(-200);
    throw new Error(`espeak-ng cannot speak with the voice ${voice}: ${printed || (error as Error).message}`);
  }
}

/** Under its name only when it is complete. */
async function writeWhole(file: string, contents: Buffer): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.new`, contents);
  await rename(`${file}.new`, file);
}
