/** How the caller is presented to a carrier: From, P-Asserted-Identity, Privacy, Diversion, further headers; and STIR/SHAKEN. */
import { type Static, Type } from "typebox";
import { optionalSection, secret, section, text } from "../../typed-yaml/parts.ts";

const attestation = (description: string) =>
  Type.Union([Type.Literal("A"), Type.Literal("B"), Type.Literal("C")], { description });

const number = (description: string) =>
  text("^\\+?\\d{3,15}$", "3 to 15 digits, perhaps with a plus sign before them", { description });

const user = (description: string) =>
  text("^[A-Za-z0-9_.+-]{1,64}$", "1 to 64 letters, digits, dots, +, - or _", { description });

/** No line break, no control character, nothing but ASCII: the value becomes a line of the INVITE as it is. */
const headerValue = text("^[!-~]([ -~]{0,510}[!-~])?$", "1 to 512 printable ASCII characters, no space at its ends", {
  description: "Its value. `{caller_id}` and `{callee}` stand for the numbers as this trunk writes them.",
});

/** `trunks.*.sip.identity`. */
export const TrunkIdentity = optionalSection(
  "How the caller ID is presented to this carrier. The default fits most IP trunks: From and P-Asserted-Identity both carry it.",
  {
    request_uri: Type.Union([Type.Literal("sip"), Type.Literal("tel")], {
      default: "sip",
      description:
        "Scheme of the Request-URI, To and the callee: `sip:<number>@<carrier>` or `tel:<number>` (RFC 3966), which few carriers take.",
    }),
    user_phone: Type.Boolean({
      default: false,
      description:
        "Whether SIP URIs with a number get `;user=phone` (RFC 3261, 19.1.1). For carriers that otherwise read the number as an account.",
    }),
    from_user: Type.Optional(
      user(
        "User part of From, for carriers that require the account there; the caller ID is then in P-Asserted-Identity alone. Left out: the caller ID, or the account where the trunk registers.",
      ),
    ),
    contact_user: Type.Optional(
      user("User part of Contact. Left out: the account where there is one, else `onering`; never the caller ID."),
    ),
    p_asserted_identity: Type.Union(
      [Type.Literal("none"), Type.Literal("sip"), Type.Literal("tel"), Type.Literal("both")],
      {
        default: "sip",
        description:
          "P-Asserted-Identity (RFC 3325) with the caller ID: a SIP URI, a tel URI, or both, SIP first. `none` where the carrier does not trust us to assert one.",
      },
    ),
    p_preferred_identity: Type.Union([Type.Literal("none"), Type.Literal("sip"), Type.Literal("tel")], {
      default: "none",
      description:
        "P-Preferred-Identity (RFC 3325), with which an account asks its carrier to assert the caller ID. Then p_asserted_identity has to be `none`.",
    }),
    privacy: Type.Union([Type.Literal("unset"), Type.Literal("none"), Type.Literal("id")], {
      default: "unset",
      description:
        "Privacy (RFC 3323, RFC 3325). `none` asks to show the caller ID where the account's default withholds it. `id` withholds it from the callee, and From is anonymous: no missed call can be verified over such a trunk, only live checks work.",
    }),
    diversion: Type.Optional(
      section(
        "Diversion (RFC 5806), for carriers that accept a foreign caller ID only in a call that a number of the account forwards.",
        {
          number: number("The account's number, as this carrier writes numbers."),
          reason: Type.Union(
            [
              Type.Literal("unconditional"),
              Type.Literal("user-busy"),
              Type.Literal("no-answer"),
              Type.Literal("unknown"),
            ],
            { default: "unconditional", description: "Why it forwards." },
          ),
        },
      ),
    ),
    extra_headers: Type.Array(
      section("One header.", {
        name: text("^[A-Za-z][A-Za-z0-9-]{1,63}$", "a header name of 2 to 64 letters, digits and -", {
          description: "Its name, for instance `X-Account`, `P-Charge-Info` or `Remote-Party-ID`.",
        }),
        value: headerValue,
      }),
      {
        default: [],
        maxItems: 20,
        description:
          "Headers that this carrier wants in every INVITE, in their order. None that the stack writes itself.",
      },
    ),
    attestation: Type.Optional(
      attestation("STIR/SHAKEN attestation of calls on this trunk. Left out: that of `sip.identity`."),
    ),
    sign: Type.Boolean({
      default: true,
      description:
        "Whether calls on this trunk are signed, where `sip.identity` has a key. Off for carriers that sign.",
    }),
  },
);

export type TrunkIdentityConfig = Static<typeof TrunkIdentity>;

/** `sip.identity`. */
export const StirShaken = section(
  "STIR/SHAKEN: signs the caller ID of every call (RFC 8224, RFC 8588, ES256). Off without this section; carriers sign as well, so it is for operators that have a certificate of their own.",
  {
    private_key: secret(
      "Private key of the certificate, on the curve P-256, in PEM; give it as an environment variable NAME, or as a file by NAME_FILE. Read again on a reload.",
      100,
    ),
    certificate: Type.Optional(
      Type.String({
        minLength: 100,
        maxLength: 65_536,
        description:
          "The certificate (PEM, issuers behind it), by a variable or NAME_FILE as well. Checked against the key and for its end; it is not sent. Left out: nothing but the key is checked.",
      }),
    ),
    x5u: text(
      "^https://[A-Za-z0-9.-]{1,253}(:(443|8443))?/[A-Za-z0-9._~/-]{1,500}$",
      "an https URL, port 443 or 8443, without query or fragment",
      {
        description:
          "Where carriers fetch the certificate; it is in every PASSporT. Verifiers accept only https on port 443 or 8443 and no query (ATIS-1000074).",
      },
    ),
    attestation: attestation(
      "A: we know the caller and their right to the number (ranges of our own). B: only the caller. C: neither. A trunk may have another.",
    ),
    origid: Type.Optional(
      text(
        "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        "a UUID in lower case, for instance 123e4567-e89b-12d3-a456-426655440000",
        {
          description:
            "Names the origin of all calls, for tracing them back (RFC 8588). Left out: a random one for each call.",
        },
      ),
    ),
    calling_name: Type.Optional(
      text("^[ -~]{1,60}$", "1 to 60 printable ASCII characters", {
        description: "Name of the caller, as `rcd` in the PASSporT (RFC 9795). Only where the carrier passes it on.",
      }),
    ),
  },
);

export type StirShakenConfig = Static<typeof StirShaken>;
