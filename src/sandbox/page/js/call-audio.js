/** What the phone hears of a call: the WAV stream of the sandbox, played as it arrives. */

const RATE = 8000;
const HEADER_BYTES = 44;
/** What is held back, so that a packet that comes late leaves no gap. */
const DELAY_SECONDS = 0.15;
/** More than this ahead would be a delay that can be felt: it is dropped. */
const MAX_AHEAD_SECONDS = 1;

/** @param onLevel gets the loudness of what arrived, 0 to 1 */
export function createCallAudio(onLevel) {
  let context = null;
  let current = null;
  let playAt = 0;

  async function listen(callId, signal) {
    const response = await fetch(`/sandbox/calls/${encodeURIComponent(callId)}/audio`, { signal, cache: "no-store" });
    if (!response.ok) return;
    const reader = response.body.getReader();
    let rest = new Uint8Array(0);
    let skip = HEADER_BYTES;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const bytes = new Uint8Array(rest.length + value.length);
      bytes.set(rest);
      bytes.set(value, rest.length);
      const start = Math.min(skip, bytes.length);
      skip -= start;
      const count = (bytes.length - start) >> 1;
      if (count > 0) take(toFloat(bytes, start, count));
      rest = bytes.slice(start + count * 2);
    }
  }

  function take(samples) {
    onLevel(loudness(samples));
    if (context?.state !== "running") return;
    const now = context.currentTime;
    if (playAt < now) playAt = now + DELAY_SECONDS;
    if (playAt - now > MAX_AHEAD_SECONDS) return;
    const buffer = context.createBuffer(1, samples.length, RATE);
    buffer.copyToChannel(samples, 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(context.destination);
    source.start(playAt);
    playAt += samples.length / RATE;
  }

  return {
    /** To be called while a click is handled: browsers play nothing before one. */
    prepare() {
      context ??= new AudioContext({ sampleRate: RATE });
      context.resume().catch(() => {});
    },
    /** Plays this call until it is over; the same call once. */
    play(callId) {
      if (current?.callId === callId) return;
      current?.abort.abort();
      const abort = new AbortController();
      current = { callId, abort };
      // It is over, or the page is closed: nothing more to hear.
      listen(callId, abort.signal).catch(() => {});
    },
    stop() {
      current?.abort.abort();
      current = null;
    },
  };
}

function toFloat(bytes, start, count) {
  const view = new DataView(bytes.buffer, start);
  return Float32Array.from({ length: count }, (_, index) => view.getInt16(index * 2, true) / 32_768);
}

/** Root of the mean square, spread out: speech is quiet most of the time. */
function loudness(samples) {
  const sum = samples.reduce((total, sample) => total + sample * sample, 0);
  return Math.min(1, 4 * Math.sqrt(sum / samples.length));
}
