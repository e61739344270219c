/** Makes speech fit for the telephone: 8 kHz, without silence at its ends, at an even level. */
import { type Audio, telephoneRate } from "./wav.ts";

/** Input samples on each side that make up one output sample. */
const halfTaps = 24;
/** The telephone's band ends at 3400 Hz; above 4000 Hz nothing may remain. */
const cutoffHz = 3600;
/** Quieter than this part of full scale is silence. */
const silence = 0.01;
/** Kept before and after the speech. */
const marginMs = 30;
/** Loudest sample, as a part of full scale: 4 dB below, as recorded prompts usually are. */
const peak = 0.63;
const fullScale = 32_767;

export function forTelephone(audio: Audio): Audio {
  return { rate: telephoneRate, samples: level(trim(resample(audio))) };
}

/** Windowed-sinc interpolation (Hann window), which filters and changes the rate in one step. */
function resample({ rate, samples }: Audio): Int16Array {
  const step = rate / telephoneRate;
  const cutoff = Math.min(1, (2 * cutoffHz) / rate);
  return Int16Array.from({ length: Math.floor(samples.length / step) }, (_, n) => {
    const at = n * step;
    const first = Math.ceil(at - halfTaps);
    let sum = 0;
    for (let i = Math.max(0, first); i <= Math.min(samples.length - 1, at + halfTaps); i++) {
      const x = i - at;
      sum += (samples[i] ?? 0) * cutoff * sinc(cutoff * x) * (0.5 + 0.5 * Math.cos((Math.PI * x) / halfTaps));
    }
    return Math.max(-fullScale, Math.min(fullScale, Math.round(sum)));
  });
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function trim(samples: Int16Array): Int16Array {
  const isSpeech = (sample: number) => Math.abs(sample) > silence * fullScale;
  const margin = (marginMs * telephoneRate) / 1000;
  const first = samples.findIndex(isSpeech);
  if (first === -1) return samples;
  return samples.slice(Math.max(0, first - margin), samples.findLastIndex(isSpeech) + margin);
}

function level(samples: Int16Array): Int16Array {
  const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  if (loudest === 0) return samples;
  const factor = (peak * fullScale) / loudest;
  return samples.map((sample) => Math.round(sample * factor));
}
