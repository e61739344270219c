/** Checks: by the verification's id, or by the number alone. */
import type { Logger } from "pino";
import type { Publish } from "../shared/publish.ts";
import { Refusal } from "../shared/refusal.ts";
import { readTyped } from "../shared/typed-digits.ts";
import type { ReadGuess } from "./channel-port.ts";
import type { ChannelSet } from "./channel-set.ts";
import type { Endings } from "./endings.ts";
import type { VerificationEvents } from "./events.ts";
import type { CalleeRef, Hashes } from "./hashes.ts";
import { ambiguous, ended, limited, noCode, notFound, wrongLength } from "./refusals.ts";
import type { Shares } from "./shares.ts";
import type { VerificationStore } from "./store-port.ts";
import { type CheckAnswer, type Guess, newestOf, type Simulated, type Verification } from "./types.ts";

export interface Checks {
  /** @throws {Refusal} where the guess cannot be compared; then it is not counted */
  check(app: string, id: string, guess: Guess): Promise<CheckAnswer>;
  /** @throws {Refusal} `verification_ambiguous` */
  checkByNumber(app: string, to: string, callee: CalleeRef, guess: Guess, session: string | null): Promise<CheckAnswer>;
}

/** Codes of one call, or of a message of usual length; longer input may be a whole caller ID. */
const maxUsualDigits = 8;

/** Input that may be a whole caller ID is a code where a delivery has a code of that length; null: it is read otherwise. */
async function readLongCode(text: string, look: () => Promise<Verification>): Promise<ReadGuess | null> {
  const typed = readTyped(text);
  if (!("digits" in typed) || typed.plus || typed.digits.length <= maxUsualDigits) return null;
  const { length } = typed.digits;
  const { deliveries } = await look();
  return deliveries.some(({ codeLength }) => codeLength === length) ? { code: typed.digits, codeLength: length } : null;
}

const isUnreadable = (error: unknown) => error instanceof Refusal && error.code === "invalid_request";

export function createChecks(options: {
  readonly store: VerificationStore;
  readonly hashes: Hashes;
  readonly channels: ChannelSet;
  readonly endings: Endings;
  readonly shares: Pick<Shares, "checked">;
  /** Checks of a new verification of this app. */
  readonly maxChecksOf: (app: string) => number;
  readonly publish: Publish<VerificationEvents>;
  readonly logger: Logger;
}): Checks {
  const { store, hashes, channels, endings, shares, maxChecksOf, publish, logger } = options;

  /** What was typed: a code, or what a channel reads in it (the first of the gateway's that reads anything). */
  async function read(app: string, id: string, guess: Guess) {
    let looked: Verification | null = null;
    const look = async () => {
      looked ??= await endings.look(app, id);
      return looked;
    };
    if ("code" in guess && guess.code.length > maxUsualDigits) {
      const long = await readLongCode(guess.code, look);
      if (long !== null) return long;
    }
    for (const channel of channels.all) {
      const found = await channel.read?.(guess, look);
      if (found !== undefined) return found;
    }
    throw noCode(newestOf(await look()).channel);
  }

  /** Refuses what can be no code of any verification: also where none is open, else the answers would tell which it is. */
  async function refuseUnreadable(guess: Guess): Promise<void> {
    const noneOpen = new Error("no verification is open");
    try {
      for (const channel of channels.all) await channel.read?.(guess, () => Promise.reject(noneOpen));
    } catch (error) {
      if (error !== noneOpen) throw error;
    }
  }

  /** @param byNumber what no code of the verification can be is counted as wrong, not refused */
  async function check(app: string, id: string, guess: Guess, byNumber = false): Promise<CheckAnswer> {
    const { code, codeLength } = await read(app, id, guess).catch((error: unknown) => {
      if (byNumber && isUnreadable(error)) return { code: "", codeLength: 0 };
      throw error;
    });
    const result = await store.check(app, id, { codeHash: hashes.code(id, code), codeLength, byNumber });
    switch (result.kind) {
      case "not_found":
        throw notFound();
      case "limited":
        throw limited("wrong_checks", result.retryAfterMs);
      case "no_code":
        throw noCode(newestOf(await endings.look(app, id)).channel);
      case "wrong_length":
        throw wrongLength(result.codeLength, codeLength);
      case "ended":
        throw ended(endings.seen(result).status);
      case "checked":
        if (result.shared !== null) shares.checked(result.shared);
        return answer(result, null);
      case "decided": {
        const verification = endings.seen(result);
        return answer(verification, result.valid ? verification : null);
      }
    }

    type Checked = Pick<CheckAnswer, "status" | "checksLeft"> & { readonly simulated: Simulated | null };

    function answer({ status, checksLeft, simulated }: Checked, proven: Verification | null): CheckAnswer {
      const valid = proven !== null;
      const mark = simulated === null ? {} : { simulated };
      publish("verification.checked", { verification: id, valid, ...mark }, { app });
      // The only sign that codes of one callee are being guessed.
      if (!valid) logger.info({ id, app, checksLeft, ...mark }, "wrong code");
      return { id, status, valid, checksLeft, proven, ...(simulated === "test" && { test: true }) };
    }
  }

  /** The answer where none is open: that of a wrong code, so that the person who types does not learn it. */
  async function blindAnswer(app: string, to: string, callee: CalleeRef): Promise<CheckAnswer> {
    const checksLeft = Math.max(0, maxChecksOf(app) - (await store.countBlindCheck(app, callee)));
    const status = checksLeft === 0 ? "failed" : "delivered";
    return { id: hashes.blindId(app, to), status, valid: false, checksLeft, proven: null };
  }

  return {
    check: (app, id, guess) => check(app, id, guess),

    async checkByNumber(app, to, callee, guess, session) {
      await refuseUnreadable(guess);
      const open = await store.findOpen(app, callee);
      const wanted = session === null ? null : hashes.session(app, session);
      const all = wanted === null ? open : open.filter((one) => one.session === wanted);
      // What an attacker was answered by a shadow never stands in the way of the number's holder.
      const real = all.filter(({ simulated }) => simulated !== "shadow");
      const matching = real.length > 0 ? real : all;
      const [only] = matching;
      if (matching.length > 1) throw ambiguous();
      if (only === undefined) return blindAnswer(app, to, callee);
      try {
        const answer = await check(app, only.id, guess, true);
        // What is left does not begin anew when this one has ended by its last wrong check.
        if (!answer.valid) await store.countBlindCheck(app, callee);
        return answer;
      } catch (error) {
        // There is no code to type, as while a call is awaited.
        if (isUnreadable(error)) return blindAnswer(app, to, callee);
        throw error;
      }
    },
  };
}
