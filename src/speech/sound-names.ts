/** The sounds that a spoken code takes, as Asterisk names them. */

/** The digits 0 to 9: in every sound set for Asterisk. */
export const digitSounds: readonly string[] = Array.from({ length: 10 }, (_, digit) => `digits/${digit}`);

/** "Press 1 to hear your code": in no sound set, so it is made with a synthesiser or recorded by the operator. */
export const pressKeySound = "onering/press-1";

/** "Your code", before the digits; played where the set has it. */
export const yourCodeSound = "onering/your-code";

/** "Again", before the second reading; played where the set has it. */
export const againSound = "onering/again";

export const allSounds: readonly string[] = [...digitSounds, pressKeySound, yourCodeSound, againSound];

/** Without any of these a language cannot be used. @param withKey whether a key is asked for */
export function requiredSounds(withKey: boolean): readonly string[] {
  return withKey ? [...digitSounds, pressKeySound] : digitSounds;
}
