/**
 * The proof of work of a start token: a number so that the SHA-256 (FIPS 180-4) of `<challenge>.<number>` begins with `bits`
 * zero bits. Challenge and number fit into one block, so that one round of the hash is enough; in the browser's own
 * crypto.subtle each try would be a promise, which takes longer than the hash.
 */
const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
const fraction = (value) => ((value - Math.floor(value)) * 2 ** 32) | 0;
const initial = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
const rounds = primes.map((prime) => fraction(Math.cbrt(prime)));
const words = new Int32Array(64);

const right = (x, n) => (x >>> n) | (x << (32 - n));

/** The first 32 bits of the hash of one padded block. */
function firstWord(block) {
  for (let i = 0; i < 16; i++) words[i] = block.getInt32(i * 4);
  for (let i = 16; i < 64; i++) {
    const x = words[i - 15];
    const y = words[i - 2];
    const s0 = right(x, 7) ^ right(x, 18) ^ (x >>> 3);
    const s1 = right(y, 17) ^ right(y, 19) ^ (y >>> 10);
    words[i] = (words[i - 16] + s0 + words[i - 7] + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = initial;
  for (let i = 0; i < 64; i++) {
    const t1 = (h + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + ((e & f) ^ (~e & g)) + rounds[i] + words[i]) | 0;
    const t2 = ((right(a, 2) ^ right(a, 13) ^ right(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  return (initial[0] + a) >>> 0;
}

/** Tries between two pauses in which the page can react. */
const atOnce = 5000;

/** @returns {Promise<string>} what to send as `human_check` */
export async function solve({ challenge, bits }) {
  const bytes = new Uint8Array(64);
  const block = new DataView(bytes.buffer);
  const prefix = new TextEncoder().encode(`${challenge}.`);
  for (let number = 0; ; number++) {
    if (number % atOnce === atOnce - 1) await new Promise((resume) => setTimeout(resume));
    const digits = String(number);
    const length = prefix.length + digits.length;
    bytes.fill(0);
    bytes.set(prefix);
    for (let i = 0; i < digits.length; i++) bytes[prefix.length + i] = digits.charCodeAt(i);
    bytes[length] = 0x80;
    block.setUint32(60, length * 8);
    if (firstWord(block) >>> (32 - bits) === 0) return digits;
  }
}
