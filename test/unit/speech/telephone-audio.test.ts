import { describe, expect, it } from "vitest";
import { forTelephone } from "../../../src/speech/telephone-audio.ts";
import { readWav, writeWav } from "../../../src/speech/wav.ts";

const rate = 22_050;
const tone = (hertz: number, ms: number, from = rate) =>
  Int16Array.from({ length: (ms * from) / 1000 }, (_, i) => 8000 * Math.sin((2 * Math.PI * hertz * i) / from));
const rms = (samples: Int16Array) => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);

describe("speech for the telephone", () => {
  it("has 8000 samples a second and the same pitch", () => {
    const { rate: telephone, samples } = forTelephone({ rate, samples: tone(440, 1000) });
    expect(telephone).toBe(8000);
    expect(samples.length).toBeGreaterThan(7900);
    let crossings = 0;
    for (let i = 1; i < samples.length; i++) if ((samples[i - 1] ?? 0) < 0 && (samples[i] ?? 0) >= 0) crossings += 1;
    expect(Math.abs(crossings - 440)).toBeLessThan(3);
  });

  it("has nothing above the telephone's band, which would be heard as another tone", () => {
    const mixed = tone(1000, 500).map((x, i) => x + 8000 * Math.sin((2 * Math.PI * 7000 * i) / rate));
    const clean = forTelephone({ rate, samples: tone(1000, 500) }).samples;
    const filtered = forTelephone({ rate, samples: mixed }).samples;
    const middle = (samples: Int16Array) => samples.slice(500, 3000);
    const difference = middle(filtered).map((x, i) => x - (middle(clean)[i] ?? 0));
    expect(rms(difference)).toBeLessThan(0.05 * rms(middle(clean)));
  });

  it("is without silence at its ends, and as loud as other prompts", () => {
    const quiet = new Int16Array(rate);
    const samples = Int16Array.from([...quiet, ...tone(440, 300).map((x) => x / 10), ...quiet]);
    const made = forTelephone({ rate, samples }).samples;
    expect(made.length / 8).toBeLessThan(400);
    expect(Math.max(...made)).toBeGreaterThan(20_000);
    expect(Math.max(...made)).toBeLessThan(21_000);
  });
});

describe("WAV files", () => {
  it("are read as they were written", () => {
    const audio = { rate: 8000, samples: tone(300, 50, 8000) };
    expect(readWav(writeWav(audio))).toEqual(audio);
  });

  it("from a pipe have no length: the data goes on to the end", () => {
    const file = writeWav({ rate: 8000, samples: Int16Array.from([1, -2, 3]) });
    file.writeUInt32LE(0xffffffff, 4);
    file.writeUInt32LE(0x7ffff000, 40);
    expect([...readWav(file).samples]).toEqual([1, -2, 3]);
  });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["text", Buffer.from("RIFFxxxxWAVE")],
    [
      "stereo",
      (() => {
        const file = writeWav({ rate: 8000, samples: new Int16Array(2) });
        file.writeUInt16LE(2, 22);
        return file;
      })(),
    ],
  ])("that cannot be used are refused: %s", (_what, file) => {
    expect(() => readWav(file)).toThrow(/not a WAV file/);
  });
});
