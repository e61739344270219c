/** Codes of a default workflow that may be open at once and are, together, guessed too easily. */
import { codesOf } from "../caller-ids/entropy.ts";
import { createCallerIdPool } from "../caller-ids/pool.ts";
import { cryptoRandom } from "../shared/random.ts";
import { type OpenCode, tooEasyTogether } from "../verification/open-odds.ts";
import { codesOfChannel, configuredChannels } from "./channels.ts";
import type { Config } from "./schema.ts";

/**
 * One for each default workflow in which a later delivery voids the code before it, because Redis lets no guess have
 * better odds than `verification.max_guess_probability` allows. Each code alone is examined elsewhere, and refused.
 */
export function openCodeNotes(config: Config): readonly { readonly what: string; readonly fix: string }[] {
  const { wrong_checks_per_callee: wrongChecks, max_guess_probability: most } = config.verification;
  return workflows(config).flatMap(([path, channels, app]) => {
    // Messages and voice have one code for all of them (docs/adr/0034).
    const message = channels.find((name) => codesOfChannel(name) === "derived");
    const ofMessages = message === undefined ? [] : [messageCode(config, app, message)];
    const ofCalls = channels.some((name) => codesOfChannel(name) === "own") ? missedCallCodes(config, app) : [];
    // A verification has one code of a call, whichever trunk it took.
    const [worst] = ofCalls
      .flatMap((code) => tooEasyTogether([code, ...ofMessages], wrongChecks, most) ?? [])
      .filter(({ codes }) => codes.length > 1)
      .sort((a, b) => b.probability - a.probability);
    if (worst === undefined) return [];
    const { codes, probability } = worst;
    const length = codes[0]?.length ?? 0;
    const names = codes.map(({ channel }) => channel).join(" and ");
    return [
      {
        what: `${path}: open at once, the codes of ${names} (${length} digits each) are found by ${wrongChecks} wrong checks with probability ${percent(probability)}, above max_guess_probability (${percent(most)}): the later delivery voids the older code`,
        fix: `To keep both open set verification.message_code_length to another length than ${length}, or allow fewer wrong_checks_per_callee.`,
      },
    ];
  });
}

type App = Config["apps"][string];

/**
 * The channels of each default workflow by its key, and the app whose bounds hold; where there is none a person may still
 * choose another channel.
 */
function workflows(config: Config): readonly (readonly [path: string, channels: readonly string[], app?: App])[] {
  const channelsOf = (steps: readonly { readonly channel: string }[]) => steps.map((step) => step.channel);
  const { workflow } = config.verification;
  const ofApps = Object.entries(config.apps).flatMap(([name, app]) =>
    app.workflow === undefined ? [] : [[`apps.${name}.workflow`, channelsOf(app.workflow), app] as const],
  );
  const ofGateway =
    workflow === undefined
      ? (["Channels that a person may choose", configuredChannels(config)] as const)
      : (["verification.workflow", channelsOf(workflow)] as const);
  return [ofGateway, ...ofApps];
}

const messageCode = ({ verification }: Config, app: App | undefined, channel: string): OpenCode => {
  const length = app?.code_length ?? verification.message_code_length;
  return { channel, length, odds: 10 ** -length };
};

/** Every code that a missed call may have: by one call or two, from each trunk's ranges. */
function missedCallCodes({ verification, ranges, trunks }: Config, app: App | undefined): readonly OpenCode[] {
  const pool = createCallerIdPool(ranges, cryptoRandom);
  return Object.values(trunks).flatMap((trunk) => {
    const names = trunk.ranges.filter((name) => app?.ranges?.includes(name) ?? true);
    if (names.length === 0) return [];
    // As the channel reports it to Redis: by the group of the trunk that is guessed most easily (reservation.ts).
    const smallest = Math.min(...pool.sizes(names, null).values());
    const lengths = new Set(names.flatMap((name) => ranges[name]?.digits ?? []));
    return [1, 2]
      .filter((calls) => calls >= verification.min_calls)
      .flatMap((calls) =>
        [...lengths].map((digits) => {
          return { channel: "missed_call", length: digits * calls, odds: 1 / codesOf(smallest, calls) };
        }),
      );
  });
}

const percent = (probability: number) => `${Number((probability * 100).toPrecision(3))} %`;
