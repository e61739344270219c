/** Lines of an SMS by which phones fill in its code by themselves. */
import { text } from "../../typed-yaml/parts.ts";

/** How an app's messages are recognised. */
export interface Autofill {
  readonly retrieverHash: string | null;
  readonly domain: string | null;
}

/**
 * The last lines of an SMS, in their order.
 * - Android's SMS Retriever: the 11 characters that identify the app. The whole message may have 140 bytes, one segment.
 * - WebOTP and iOS: `@domain #code`. It must be the very last line (WICG, "Origin-bound one-time codes delivered via SMS").
 */
export function autofillLines({ retrieverHash, domain }: Autofill, code: string): readonly string[] {
  return [...(retrieverHash === null ? [] : [retrieverHash]), ...(domain === null ? [] : [`@${domain} #${code}`])];
}

export const retrieverHash = () =>
  text("^[A-Za-z0-9+/]{11}$", "the 11 characters of an app's hash for the SMS Retriever API", {
    description:
      "The app's hash for Android's SMS Retriever API; it becomes the last line of an SMS, or the last but one with web_otp_domain. Its debug build has another hash than its release.",
  });

export const webOtpDomain = () =>
  text(
    "^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$",
    "a domain in lowercase, for instance shop.example",
    {
      description:
        "The site into which browsers and iOS may fill the code: `@domain #code` becomes the last line of an SMS. Internationalised names in their ASCII form (xn--…).",
    },
  );
