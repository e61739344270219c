/** Checks what voice calls take of an Asterisk: its modules, and the sounds of the languages. */
import { candidates, isSpoken } from "../channels/voice/language.ts";
import { againSound, allSounds, requiredSounds, yourCodeSound } from "../speech/sound-names.ts";
import type { AriConfig } from "../telephony/asterisk/access.ts";
import { soundLanguages } from "../telephony/asterisk/ari/sounds.ts";
import { askAri } from "./ari-request.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

const neededModules = ["res_ari_playbacks.so", "res_ari_sounds.so", "res_stasis_playback.so", "func_timeout.so"];

const advice =
  "Make what is missing with `onering prompts` (docs/channel-voice.md), then `module reload sounds` or a restart.";

/**
 * @param languages that calls are to be in, as Asterisk names them
 * @param withKey whether a key is asked for
 * @returns nothing where ARI does not answer: `examineAsterisk` reports that
 */
export async function examineVoice(
  name: string,
  asterisk: AriConfig,
  languages: readonly string[],
  withKey: boolean,
): Promise<Finding[]> {
  const found = new Map<string, ReadonlySet<string>>();
  let running: ReadonlySet<string>;
  try {
    running = await runningModules(asterisk);
    for (const sound of allSounds) found.set(sound, await soundLanguages(asterisk, sound));
  } catch {
    return [];
  }
  const missing = neededModules.filter((module) => !running.has(module));
  if (missing.length > 0) {
    return [
      fail(
        `Asterisk ${name}: voice calls need modules that do not run: ${missing.join(", ")}`,
        "Load them in modules.conf.",
      ),
    ];
  }
  const required = requiredSounds(withKey);
  const languagesOf = (sound: string) => found.get(sound) ?? new Set<string>();
  const isComplete = (language: string) => required.every((sound) => isSpoken(sound, language, languagesOf));
  if (!isComplete("en")) {
    const lacking = required.filter((sound) => !isSpoken(sound, "en", languagesOf));
    return [
      fail(`Asterisk ${name}: no voice calls, since the last resort, English, lacks ${lacking.join(", ")}`, advice),
    ];
  }
  const fallingBack = languages.filter((language) => !isComplete(language));
  const spoken = languages.filter(isComplete);
  const bare = spoken.filter(
    (language) => ![yourCodeSound, againSound].every((one) => isSpoken(one, language, languagesOf)),
  );
  return [
    ok(`Asterisk ${name}: voice calls can be in ${spoken.join(", ")}`),
    ...fallingBack.map((language) => {
      const instead = candidates([language]).find(isComplete) ?? "en";
      const lacking = required.filter((sound) => !isSpoken(sound, language, languagesOf));
      return warn(
        `Asterisk ${name}: voice calls in ${language} fall back to ${instead}: no ${lacking.join(", ")}`,
        advice,
      );
    }),
    ...(bare.length === 0
      ? []
      : [warn(`Asterisk ${name}: ${yourCodeSound} or ${againSound} is missing in ${bare.join(", ")}`, advice)]),
  ];
}

async function runningModules(asterisk: AriConfig): Promise<ReadonlySet<string>> {
  const { status, body } = await askAri(asterisk, "GET", "/asterisk/modules");
  if (status !== 200 || !Array.isArray(body)) throw new Error(`HTTP ${status}`);
  const modules = body as { name?: unknown; status?: unknown }[];
  return new Set(modules.filter((module) => module.status === "Running").map((module) => String(module.name)));
}
