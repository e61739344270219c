/** The test call (canary) to a number of your own: do caller IDs arrive as sent? */

import { type Static, Type } from "typebox";
import { e164InWords, e164Pattern } from "../../numbers/e164.ts";
import { ms, section, text } from "../../typed-yaml/parts.ts";

export const Canary = section(
  "For `onering doctor --canary`: a number of your own that is called through each trunk, to see whether the caller ID arrives digit for digit. Give exactly one of inbound_trunk and sandbox_url.",
  {
    number: text(e164Pattern, e164InWords, {
      description: "The test number, in E.164. A number that leads to nobody's phone.",
    }),
    inbound_trunk: Type.Optional(
      Type.String({
        description:
          "The trunk on which calls to the test number come in to us (docs/trunks.md). They are heard over AMI, and refused before anybody pays.",
      }),
    ),
    sandbox_url: Type.Optional(
      text("^https?://[^\\s]+$", "an address that starts with http:// or https://", {
        description: "Instead: a sandbox whose phone is called, for trying it out.",
      }),
    ),
    wait_ms: ms(
      15_000,
      1000,
      60_000,
      "How long a canary call is waited for. Post-dial delays over 11 s are rare (ITU-T E.721).",
    ),
  },
);

export type CanaryConfig = Static<typeof Canary>;
