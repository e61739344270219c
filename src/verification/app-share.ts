/** How much of a limit of one callee a single app may use. */

/** Percent of what all apps share, where there are several: no app can use it up. */
const appSharePercent = 60;

/**
 * The part of a callee's limit that one app may use, at least 1.
 * @param total the limit over all apps
 * @param apps how many apps there are; one has all of it
 */
export function appShare(total: number, apps: number): number {
  return apps > 1 ? Math.max(1, Math.floor((total * appSharePercent) / 100)) : total;
}
