/** Versions of a program that are known to work: from the first on, and below the second. */
export interface VersionRange {
  readonly from: string;
  readonly below: string;
}

/**
 * Asterisk 20 has what ARI needs here. Redis 7 has functions that our scripts use; Valkey counts on from there. With
 * SIPp 3.6.1 (Debian 12) some 25 tests fail: it writes its log and ends in other ways than 3.8.
 */
export const knownVersions = {
  asterisk: { from: "20", below: "24" },
  redisServer: { from: "7", below: "10" },
  sipp: { from: "3.8", below: "4" },
  // Ukrainian, Kazakh and Thai came with 1.51.
  espeakNg: { from: "1.50", below: "2" },
  // Its version rises every month and the features that are used remain.
  chromium: { from: "110", below: "1000" },
} as const satisfies Record<string, VersionRange>;

const versionLines = {
  // "Asterisk 22.10.1+dfsg…", or "Asterisk certified-20.7-cert3"
  asterisk: /Asterisk (?:certified-)?(\d+(?:\.\d+)*)/,
  // "Redis server v=8.0.6 sha=…"; Valkey says "Valkey server v=8.1.0 …"
  redisServer: /server v=(\d+(?:\.\d+)*)/,
  // "SIPp v3.8.0-TLS-SCTP-PCAP."
  sipp: /SIPp v(\d+(?:\.\d+)*)/,
  // "eSpeak NG text-to-speech: 1.52.0  Data at: …"
  espeakNg: /eSpeak NG text-to-speech: (\d+(?:\.\d+)*)/,
  // "Chromium 140.0.7339.16 built on Debian…", "Google Chrome 140.0.…"
  chromium: /Chrom(?:e|ium) (\d+(?:\.\d+)*)/,
} as const;

export type VersionedProgram = keyof typeof versionLines;

/**
 * Reads the version out of what a program prints when asked for it.
 * @returns dotted digits such as "22.10.1", or undefined where the text does not look like that program's
 */
export function parseVersion(program: VersionedProgram, printed: string): string | undefined {
  return versionLines[program].exec(printed)?.[1];
}

/** Whether a dotted version lies in the range; missing parts count as 0. */
export function isKnown(version: string, { from, below }: VersionRange): boolean {
  return compare(version, from) >= 0 && compare(version, below) < 0;
}

/** "3.8 or newer, below 4" */
export function rangeText({ from, below }: VersionRange): string {
  return `${from} or newer, below ${below}`;
}

function compare(one: string, other: string): number {
  const [left, right] = [one, other].map((version) => version.split(".").map(Number));
  for (let i = 0; i < Math.max(left?.length ?? 0, right?.length ?? 0); i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
