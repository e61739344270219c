/** Oldest versions that OneRing works with: Asterisk 20 has what ARI needs here; Redis 7 has functions our scripts use. */
export const minimumVersions = { asterisk: "20", redisServer: "7", sipp: "3.6" } as const;

const VERSION_LINES = {
  // "Asterisk 22.10.1+dfsg…", or "Asterisk certified-20.7-cert3"
  asterisk: /Asterisk (?:certified-)?(\d+(?:\.\d+)*)/,
  // "Redis server v=8.0.6 sha=…"; Valkey says "Valkey server v=8.1.0 …"
  redisServer: /server v=(\d+(?:\.\d+)*)/,
  // "SIPp v3.8.0-TLS-SCTP-PCAP."
  sipp: /SIPp v(\d+(?:\.\d+)*)/,
  // "Chromium 140.0.7339.16 built on Debian…", "Google Chrome 140.0.…"
  chromium: /Chrom(?:e|ium) (\d+(?:\.\d+)*)/,
} as const;

export type VersionedProgram = keyof typeof VERSION_LINES;

/**
 * Reads the version out of what a program prints when asked for it.
 * @returns dotted digits such as "22.10.1", or undefined where the text does not look like that program's
 */
export function parseVersion(program: VersionedProgram, printed: string): string | undefined {
  return VERSION_LINES[program].exec(printed)?.[1];
}

/** Whether dotted version `version` is the same as or newer than `minimum`; missing parts count as 0. */
export function isAtLeast(version: string, minimum: string): boolean {
  const have = version.split(".").map(Number);
  const need = minimum.split(".").map(Number);
  for (let i = 0; i < Math.max(have.length, need.length); i++) {
    const difference = (have[i] ?? 0) - (need[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
