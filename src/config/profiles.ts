/** Profiles within the limits of their gateway: the same checks for the configuration and for apps that are made by the API. */
import { codesOf, describeEntropy, guessProbability, smallestGroup, whatWouldHelp } from "../caller-ids/entropy.ts";
import { createCallerIdPool } from "../caller-ids/pool.ts";
import type { CallerIdPool } from "../caller-ids/types.ts";
import { cryptoRandom } from "../shared/random.ts";
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Path, Problem } from "../typed-yaml/errors.ts";
import { didYouMean } from "../typed-yaml/nearest.ts";
import { leastCodeDigits, leastLifetimeMs } from "../verification/codes.ts";
import { urlProblem } from "../webhooks/urls.ts";
import { codesOfChannel, configuredChannels } from "./channels.ts";
import type { Config } from "./schema.ts";

type App = Config["apps"][string];

export const profileChecks: readonly CrossCheck<Config>[] = [
  { reads: ["apps", "verification", "calls"], problems: ofEach(withinTheGateway) },
  { reads: ["apps", "verification", "calls"], problems: ofEach(lifeIsLongEnough) },
  { reads: ["apps", "ranges", "trunks", "verification"], problems: ofEach(rangesAreHardToGuess) },
  { reads: ["apps"], problems: ofEach(nothingContradicts) },
  { reads: ["apps", "webhooks"], problems: ofEach(approvalIsPublic) },
];

/** A problem at a key of the profile. */
type Found = (key: Path, given: string | null, expected: string) => Problem;
type ProfileCheck = (app: App, config: Config, found: Found, isSound: IsSound) => readonly Problem[];

function ofEach(check: ProfileCheck): CrossCheck<Config>["problems"] {
  return (config, isSound) =>
    Object.entries(config.apps).flatMap(([name, app]) => {
      const own = ["apps", name];
      if (!isSound(own)) return [];
      return check(app, config, (key, given, expected) => ({ path: [...own, ...key], given, expected }), isSound);
    });
}

/** Redis, locks and deadlines are made for the gateway's own values, so a profile only narrows them. */
function withinTheGateway(app: App, { verification, calls }: Config, found: Found, isSound: IsSound): Problem[] {
  const most = [
    ["ttl_seconds", app.ttl_seconds, ["verification", "ttl_seconds"], verification.ttl_seconds],
    ["max_checks", app.max_checks, ["verification", "max_checks"], verification.max_checks],
    ["ring_ms", app.ring_ms, ["calls", "ring_ms"], calls.ring_ms],
  ] as const;
  const tooWide = most.flatMap(([key, own, path, limit]) =>
    own === undefined || !isSound(path) || own <= limit
      ? []
      : [found([key], String(own), `at most ${limit} (${path.join(".")})`)],
  );
  return [...tooWide, ...shortCodes(app, verification, found, isSound)];
}

/**
 * Every wrong check of a callee, over all its verifications, may be made at codes of this length: that is more than
 * max_checks × the odds of one guess.
 */
function shortCodes(app: App, verification: Config["verification"], found: Found, isSound: IsSound): Problem[] {
  const { code_length: digits } = app;
  if (digits === undefined || !isSound(["verification"])) return [];
  const { wrong_checks_per_callee: wrong, max_guess_probability: most } = verification;
  const needed = leastCodeDigits(verification);
  if (digits >= needed) return [];
  const why = `${wrong} wrong checks find a code of ${digits} digits with a probability above max_guess_probability (${most})`;
  return [found(["code_length"], String(digits), `at least ${needed}: ${why}`)];
}

/** A code that expires while the phone still rings, or before the next step could be typed, is of no use. */
function lifeIsLongEnough(app: App, config: Config, found: Found, isSound: IsSound): Problem[] {
  const { ttl_seconds: ttl } = app;
  const { verification } = config;
  if (ttl === undefined || !["verification", "calls", "voice"].every((key) => isSound([key]))) return [];
  const callsMs = longestCallsMs(app, config);
  const longest = Math.max(0, ttl - leastLifetimeMs / 1000);
  return [
    ...(ttl * 1000 <= callsMs
      ? [found(["ttl_seconds"], String(ttl), `more than the ${callsMs / 1000} seconds that its calls may take`)]
      : []),
    ...(app.workflow ?? []).slice(0, -1).flatMap(({ wait_seconds: wait = 0 }, index) => {
      // A wait that is too long for the gateway's own lifetime is reported as that.
      if (wait <= longest || wait > verification.ttl_seconds - leastLifetimeMs / 1000) return [];
      const expected = `at most ${longest} (ttl_seconds less the minute that the next step needs)`;
      return [found(["workflow", index, "wait_seconds"], String(wait), expected)];
    }),
  ];
}

/** The longest time that the calls of one code take; 0: the app has no channel that calls. */
function longestCallsMs(app: App, { verification, calls, voice }: Config): number {
  const rings = app.channels?.some((name) => codesOfChannel(name) === "own") ?? true;
  const ringMs = Math.min(app.ring_ms ?? calls.ring_ms, calls.ring_ms);
  const times = verification.starts_per_callee_per_hour >= 2 ? 2 : verification.min_calls;
  const missed = times * (calls.setup_limit_ms + ringMs) + (times - 1) * calls.second_call_gap_ms;
  const speaks = voice !== undefined && (app.channels?.includes("voice") ?? true);
  return Math.max(rings ? missed : 0, speaks ? calls.setup_limit_ms + voice.ring_ms + voice.max_call_ms : 0);
}

const pools = new WeakMap<Config["ranges"], CallerIdPool>();

/** Made once for all apps: a thousand of them are checked while calls go on. */
function poolOf(ranges: Config["ranges"]): CallerIdPool {
  const pool = pools.get(ranges) ?? createCallerIdPool(ranges, cryptoRandom);
  pools.set(ranges, pool);
  return pool;
}

/** Trunk by trunk, as of the gateway's own: of a trunk's block the app may have a small part. */
function rangesAreHardToGuess(app: App, { ranges, trunks, verification }: Config, found: Found, isSound: IsSound) {
  const own = app.ranges;
  if (own === undefined || !isSound(["ranges"]) || !isSound(["trunks"]) || !isSound(["verification"])) return [];
  const unknown = own.flatMap((name, index) => {
    if (Object.hasOwn(ranges, name)) return [];
    const hint = didYouMean(name, Object.keys(ranges)) || ` (${Object.keys(ranges).slice(0, 10).join(", ")})`;
    return [found(["ranges", index], JSON.stringify(name), `the name of one of ranges${hint}`)];
  });
  if (unknown.length > 0) return unknown;
  const ofTrunks = Object.values(trunks).map((trunk) => trunk.ranges.filter((name) => own.includes(name)));
  if (ofTrunks.every((names) => names.length === 0)) {
    return [found(["ranges"], own.join(", "), "ranges of which a trunk may present at least one")];
  }
  const { wrong_checks_per_callee: wrong, max_guess_probability: most, min_calls: calls } = verification;
  const pool = poolOf(ranges);
  for (const names of ofTrunks) {
    const group = smallestGroup(pool.sizes(names, null));
    if (group === null || guessProbability(wrong, codesOf(group.size, calls)) <= most) continue;
    const expected = `at most max_guess_probability (${most}); ${whatWouldHelp(group, wrong, most, calls)}`;
    return [found(["ranges"], describeEntropy(group, wrong, calls), expected)];
  }
  return [];
}

function nothingContradicts(app: App, config: Config, found: Found, isSound: IsSound): Problem[] {
  const {
    quiet_hours: quiet,
    workflow = [],
    max_deliveries: most,
    allowed_prefixes: allowed,
    denied_prefixes: denied,
  } = app;
  const covering = (prefix: string) => denied?.find((start) => prefix.startsWith(start));
  return [
    ...(quiet !== undefined && quiet.from === quiet.to
      ? [found(["quiet_hours", "to"], quiet.to, "another time than from: nobody would ever be called")]
      : []),
    ...(most !== undefined && workflow.length > most
      ? [found(["max_deliveries"], String(most), `at least ${workflow.length}, the steps of workflow`)]
      : []),
    ...(allowed ?? []).flatMap((prefix, index) => {
      const start = covering(prefix);
      return start === undefined
        ? []
        : [found(["allowed_prefixes", index], prefix, `a prefix that denied_prefixes (${start}) leaves something of`)];
    }),
    ...stepsOutside(app, config, found, isSound),
  ];
}

/** A default step by a channel that the profile does not permit would be left out without a word. */
function stepsOutside({ channels, workflow = [] }: App, config: Config, found: Found, isSound: IsSound): Problem[] {
  if (channels === undefined || !isSound(["verification"])) return [];
  const usable = configuredChannels(config);
  return workflow.flatMap(({ channel }, index) => {
    if (channels.includes(channel) || !usable.includes(channel)) return [];
    return [found(["workflow", index, "channel"], channel, `one of the app's channels (${channels.join(", ")})`)];
  });
}

/** The app brings the address, as of its webhooks. */
function approvalIsPublic({ approval }: App, { webhooks }: Config, found: Found, isSound: IsSound): Problem[] {
  if (approval === undefined || !isSound(["webhooks", "allow_private"])) return [];
  const wrong = urlProblem(approval.url, webhooks.allow_private);
  return wrong === null ? [] : [found(["approval", "url"], approval.url, `an address that ${wrong}`)];
}
