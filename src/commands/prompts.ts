/** `onering prompts`: adds the sounds that voice calls take to an Asterisk's folder of sounds, with espeak-ng. */
import { access, constants } from "node:fs/promises";
import { makeSounds } from "../speech/synthesise.ts";
import { promptTexts } from "../speech/texts.ts";

export interface PromptsOptions {
  /** Asterisk's folder of sounds. */
  readonly folder: string;
  /** As Asterisk names them; null: all for which there are texts. */
  readonly languages: readonly string[] | null;
}

/** @returns 0 where every language is complete, 1 where one is not */
export async function prompts({ folder, languages }: PromptsOptions): Promise<number> {
  try {
    await access(folder, constants.W_OK);
  } catch {
    throw new Error(
      `${folder} is no folder that can be written to; give Asterisk's folder of sounds (astdatadir/sounds)`,
    );
  }
  let incomplete = 0;
  for (const language of languages ?? Object.keys(promptTexts)) {
    const { made, kept, problem } = await makeSounds({ command: "espeak-ng", args: [] }, folder, language);
    if (problem !== null) incomplete += 1;
    const counts = `${made.length} made, ${kept.length} kept`;
    process.stdout.write(`${language.padEnd(6)}${counts}${problem === null ? "" : `; incomplete: ${problem}`}\n`);
  }
  process.stdout.write("Now `asterisk -rx 'module reload sounds'`, or restart Asterisk, and run `onering doctor`.\n");
  return incomplete === 0 ? 0 : 1;
}
