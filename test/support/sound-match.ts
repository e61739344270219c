/** Recognises sounds in a recording by correlation with the files that they were played from. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { AsteriskServer } from "../../src/local/asterisk/asterisk.ts";

const samplesPerMs = 8;
/** By so much of its beginning a sound is told from the others. */
const identifyMs = 220;
const frameMs = 60;
/** After what is no known sound it is tried again this much later. */
const stepMs = 20;
/** How far timestamps may jump within a sound. */
const mostJumpMs = 300;
/** Quieter than this is silence; A-law's own noise is far below. */
const loud = 400;
/** The beginning of a sound may be off by so much: loud samples begin at another place after A-law. */
const slackMs = 25;
/** Every so many samples are enough to rule a place out: of a sound in its place they correlate like the whole. */
const sparse = 8;

export interface HeardSound {
  readonly sound: string;
  /** Where it began and ended in the recording, in samples. */
  readonly from: number;
  readonly to: number;
  /** Played to its end. */
  readonly whole: boolean;
  /** Correlation of its beginning, 0 to 1. */
  readonly score: number;
}

export type References = ReadonlyMap<string, Int16Array>;

/**
 * The linear samples of sounds of one language, converted by Asterisk itself from whatever format they are in.
 * @param folder the folder of sounds
 */
export async function loadReferences(
  asterisk: AsteriskServer,
  folder: string,
  language: string,
  sounds: readonly string[],
): Promise<References> {
  await asterisk.cli("module load res_convert.so");
  const references = new Map<string, Int16Array>();
  for (const sound of sounds) {
    const { dir, base } = path.parse(path.join(folder, language, sound));
    const file = (await readdir(dir)).find((name) => path.parse(name).name === base);
    if (file === undefined) throw new Error(`${sound} is not in the set of ${language}`);
    const linear = path.join(asterisk.dir, `${language}-${sound.replaceAll("/", "-")}.sln`);
    const said = await asterisk.cli(`file convert ${path.join(dir, file)} ${linear}`);
    const bytes = await readFile(linear).catch(() => {
      throw new Error(`Asterisk did not convert ${file}: ${said}`);
    });
    const samples = new Int16Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 2));
    const first = samples.findIndex((sample) => Math.abs(sample) > loud);
    const last = samples.findLastIndex((sample) => Math.abs(sample) > loud);
    references.set(sound, samples.slice(Math.max(0, first), last + 1));
  }
  return references;
}

/** The sounds in a recording, in order; what is none of the references is left out. */
export function recognise(recording: Int16Array, references: References): readonly HeardSound[] {
  const heard: HeardSound[] = [];
  for (let at = 0; at < recording.length; ) {
    const onset = recording.subarray(at).findIndex((sample) => Math.abs(sample) > loud);
    if (onset === -1) break;
    at += onset;
    const best = bestAt(recording, at, references);
    if (best === null) {
      at += stepMs * samplesPerMs;
      continue;
    }
    const before = heard.at(-1);
    // What goes on with the same sound, after timestamps jumped too far within it, is its rest and not another one.
    if (best.rest && before?.sound === best.sound && !before.whole) {
      heard[heard.length - 1] = { ...before, to: best.to, whole: best.whole };
    } else heard.push(best);
    at = Math.max(best.to, at + samplesPerMs);
  }
  return heard;
}

interface Found {
  readonly sound: string;
  /** Where the reference's sample `offset` is in the recording. */
  readonly at: number;
  readonly offset: number;
  readonly score: number;
}

function bestAt(
  recording: Int16Array,
  at: number,
  references: References,
): (HeardSound & { readonly rest: boolean }) | null {
  // By its beginning; where timestamps jumped within that, by what follows.
  const found = [0, 120, 240].reduce<Found | null>(
    (best, offsetMs) => best ?? identify(recording, at, references, offsetMs * samplesPerMs),
    null,
  );
  if (found === null) return null;
  const { sound, offset, score } = found;
  const reference = references.get(sound) ?? new Int16Array();
  const { to, done } = follow(recording, found.at, reference, offset);
  const whole = done >= reference.length - frameMs * samplesPerMs;
  return { sound, score, from: Math.min(at, found.at), to, whole, rest: offset > 0 };
}

function identify(recording: Int16Array, at: number, references: References, offset: number): Found | null {
  const slack = (offset === 0 ? slackMs : mostJumpMs) * samplesPerMs;
  let best: Found | null = null;
  for (const [sound, reference] of references) {
    const length = Math.min(identifyMs * samplesPerMs, reference.length - offset);
    if (length < 100 * samplesPerMs) continue;
    const expected = at + offset;
    for (let there = Math.max(0, expected - slack); there <= expected + slack; there++) {
      if (correlation(recording, there, reference, offset, length, sparse) < 0.5) continue;
      const score = correlation(recording, there, reference, offset, length);
      if (score > 0.8 && score > (best?.score ?? 0)) best = { sound, at: there, offset, score };
    }
  }
  return best;
}

/**
 * Where in the recording the reference goes on to, and how much of it was played. On a busy machine Asterisk sends late,
 * and its timestamps jump: then the rest is looked for nearby.
 */
function follow(
  recording: Int16Array,
  from: number,
  reference: Int16Array,
  offset: number,
): { to: number; done: number } {
  const frame = frameMs * samplesPerMs;
  let at = from;
  let done = offset;
  while (done + frame <= reference.length) {
    const isQuiet =
      energy(reference, done, frame) < 100 ** 2 * frame && energy(recording, at, frame) < 200 ** 2 * frame;
    if (!isQuiet && correlation(recording, at, reference, done, frame) < 0.6) {
      const jump = jumpTo(recording, at, reference, done);
      if (jump === null) break;
      at = jump;
    }
    done += frame;
    at += frame;
  }
  return done + frame > reference.length
    ? { to: at + reference.length - done, done: reference.length }
    : { to: at, done };
}

function jumpTo(recording: Int16Array, at: number, reference: Int16Array, done: number): number | null {
  const length = 2 * frameMs * samplesPerMs;
  for (let shift = 1; shift <= mostJumpMs * samplesPerMs; shift++) {
    for (const there of [at + shift, at - shift]) {
      if (correlation(recording, there, reference, done, length, sparse) < 0.5) continue;
      if (correlation(recording, there, reference, done, length) > 0.8) return there;
    }
  }
  return null;
}

/** Normalised; 0 where either is silent. @param step 1: of every sample */
function correlation(
  one: Int16Array,
  oneAt: number,
  other: Int16Array,
  otherAt: number,
  length: number,
  step = 1,
): number {
  let product = 0;
  let a = 0;
  let b = 0;
  for (let i = 0; i < length; i += step) {
    const x = one[oneAt + i] ?? 0;
    const y = other[otherAt + i] ?? 0;
    product += x * y;
    a += x * x;
    b += y * y;
  }
  return a === 0 || b === 0 ? 0 : product / Math.sqrt(a * b);
}

function energy(samples: Int16Array, at: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (samples[at + i] ?? 0) ** 2;
  return sum;
}
