/** The stand-in of Meta: WhatsApp Cloud API, receipts over a signed webhook included. */
import { adapt } from "./adapt.ts";
import { startMeta } from "./meta-server.ts";
import type { StandIn, StandInParts } from "./provider.ts";

const phoneNumberId = "100000000000001";
const template = { name: "verification_code", languages: ["en", "id", "es", "pt_BR", "de", "fr", "hi", "ar", "ru"] };

export function createMetaStandIn(parts: StandInParts): StandIn {
  const secret = () => parts.random.bytes(24).toString("base64url");
  const [accessToken, appSecret, verifyToken] = [secret(), secret(), secret()];
  return adapt(
    {
      ...{ name: "meta", channel: "whatsapp" },
      kinds: {
        // The Cloud API has one code for both: it does not tell a wrong number from one that is not on WhatsApp.
        unknown_recipient: "not_on_whatsapp_at_once",
        not_reachable: "not_on_whatsapp_at_once",
        blocked: "held_back",
        throttled: "pair_rate_limit",
        down: "unavailable",
        lost_answer: "lost_answer",
        no_receipt: "swallowed",
        failed_receipt: "not_on_whatsapp",
        late_receipt: "late_receipt",
        odd_receipts: "odd_receipts",
      },
      shown: { from: "OneRing sandbox" },
      start: (hooks) =>
        startMeta({
          ...{ accessToken, appSecret, ...hooks },
          phoneNumberIds: [phoneNumberId],
          templates: { [template.name]: template.languages },
        }),
      config: ({ url }) => ({
        whatsapp: {
          phone_numbers: { sandbox: { phone_number_id: phoneNumberId } },
          ...{ access_token: accessToken, app_secret: appSecret, verify_token: verifyToken },
          ...{ template, api_url: url, allow_private: true },
        },
      }),
      setGateway: (service, url) => service.setWebhook(new URL("/webhooks/whatsapp", url).href),
    },
    parts,
  );
}
