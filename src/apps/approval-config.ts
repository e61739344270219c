/** The app's approval webhook: it is asked before a start of it costs money. */
import { type Static, Type } from "typebox";
import { count, ms, section, text } from "../typed-yaml/parts.ts";

export const AppApproval = section(
  "Asks the app before a delivery that a start or a resend begins. Its answer may deny it or narrow the channels, never widen them.",
  {
    url: text("^https?://[^\\s@#]{1,1900}$", "an https address without user name, password and fragment", {
      description:
        "Where it is asked, by a POST that is signed as webhooks are; `onering key --approval APP` shows the secret. In public networks and with https only, unless webhooks.allow_private.",
    }),
    timeout_ms: ms(
      1000,
      100,
      2000,
      "How long it may take, connection included. A person waits for the code meanwhile, so two seconds at the most.",
    ),
    on_failure: Type.Union([Type.Literal("allow"), Type.Literal("deny")], {
      default: "allow",
      description:
        "What holds where it does not answer in time, or not as documented: `allow` keeps sign-ups working while the app's own backend is away, `deny` lets nothing pass unseen.",
    }),
    max_concurrent: count(
      32,
      1,
      500,
      "Questions in progress at one gateway; further ones count as not answered. A slow backend holds no more than so many starts of its own app.",
    ),
    secret_version: count(
      1,
      1,
      1000,
      "Raise it to rotate the secret: questions are signed with this one and the one before, so that the backend may know either.",
    ),
  },
);

export type AppApprovalConfig = Static<typeof AppApproval>;
