/** The API's representation of an e-mail. */
import { Type } from "typebox";

export const EmailBody = Type.Object(
  {
    server: Type.Union([Type.String(), Type.Null()], {
      description: "Name of the mail server (in `email.servers`) that was used last.",
    }),
    smtp_reply: Type.Union([Type.String(), Type.Null()], {
      description:
        "Its reply: the code of RFC 5321 and, where given, the enhanced code of RFC 3463, for instance `550 5.1.1`. Null before there is one, and where it was lost.",
    }),
  },
  {
    description:
      "With channel `email` only. `sent` means that a mail server took the message; there are no receipts, so `delivered` never comes.",
  },
);
