/** Test calls (canary) to a number of your own, to check that caller IDs arrive as sent. */

import { type Static, Type } from "typebox";
import { e164InWords, e164Pattern } from "../../numbers/e164.ts";
import { ms, section, text } from "../../typed-yaml/parts.ts";

export const Canary = section(
  "Test calls of `onering doctor --canary`: a number of your own is called through each trunk, to check that the caller ID arrives digit for digit. Give exactly one of inbound_trunk and sandbox_url.",
  {
    number: text(e164Pattern, e164InWords, {
      description: "The test number, in E.164; no phone may ring there.",
    }),
    inbound_trunk: Type.Optional(
      Type.String({
        description:
          "The trunk on which calls to the test number come in (docs/trunks.md). They are rejected unanswered, so they cost nothing, and observed over AMI; on a trunk with `sip` (with `inbound`) by the gateway, which must run.",
      }),
    ),
    sandbox_url: Type.Optional(
      text("^https?://[^\\s]+$", "an address that starts with http:// or https://", {
        description: "Instead: a sandbox whose simulated phone is called, to try the command out.",
      }),
    ),
    wait_ms: ms(
      15_000,
      1000,
      60_000,
      "Longest wait for a test call to arrive. Post-dial delays over 11 s are rare (ITU-T E.721).",
    ),
  },
);

export type CanaryConfig = Static<typeof Canary>;
