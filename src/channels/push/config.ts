/** Push notifications: FCM, APNs and Web Push. */
import { type Static, Type } from "typebox";
import { count, ms, named, secret, section, text } from "../../typed-yaml/parts.ts";

const apps = Type.Optional(
  Type.Array(text("^[a-z0-9][a-z0-9_-]{0,39}$", "the name of an app"), {
    minItems: 1,
    maxItems: 1000,
    uniqueItems: true,
    description: "Apps of this gateway that it serves. Left out in one entry: that one serves all others.",
  }),
);

const perSecond = (description: string) => count(200, 1, 10_000, description);
const origin = (description: string, value?: string) =>
  text("^https?://[^\\s@?#/]+/?$", "scheme, host and port, such as https://push.example.com", {
    ...(value !== undefined && { default: value }),
    description,
  });

const Fcm = section("A Firebase project: registrations `fcm:<token>`.", {
  apps,
  service_account: secret(
    "The service account's key as JSON, as Firebase hands it out; give it as a file (`NAME_FILE`). It needs the role Firebase Cloud Messaging API Admin alone.",
    100,
  ),
  api_url: origin("Base of the API.", "https://fcm.googleapis.com"),
  messages_per_second: perSecond(
    "Highest rate of each gateway process. Google's quota of a project is 600,000 a minute; 200 a second leaves it to your other notifications.",
  ),
});

const Apns = section("An app of the Apple Push Notification service: registrations `apns:<device token>`.", {
  apps,
  team_id: text("^[A-Z0-9]{10}$", "10 capital letters and digits", { description: "Your team at Apple." }),
  key_id: text("^[A-Z0-9]{10}$", "10 capital letters and digits", { description: "Id of the key (.p8)." }),
  private_key: secret("The key itself: the content of the .p8 file, in PEM; give it as a file (`NAME_FILE`).", 100),
  topic: text("^[A-Za-z0-9.-]{1,155}$", "a bundle id such as com.example.shop", {
    description: "Bundle id of the app.",
  }),
  environment: Type.Union([Type.Literal("production"), Type.Literal("development")], {
    default: "production",
    description: "Tokens of builds from Xcode belong to `development`, all others to `production`.",
  }),
  api_url: Type.Optional(origin("Instead of Apple's host of that environment, for a simulator.")),
  messages_per_second: perSecond(
    "Highest rate of each gateway process. Apple publishes no limit; one connection carries 200 a second with ease.",
  ),
});

const WebPush = section("Web Push: registrations are subscriptions, as JSON.", {
  apps,
  public_key: text("^[A-Za-z0-9_-]{87}$", "87 characters of base64url", {
    description: "VAPID public key, the `applicationServerKey` with which your pages subscribe.",
  }),
  private_key: secret("VAPID private key: 32 bytes in base64url.", 43),
  subject: text("^(mailto:[^\\s@]+@[^\\s@]+|https://[^\\s]+)$", "mailto: and an address, or a URL with https://", {
    description: "Whom a push service may write to when something is wrong (RFC 8292).",
  }),
});

/** Of the browsers: Chrome and its kin, Firefox, Edge, Safari. */
const pushServices = [
  "fcm.googleapis.com",
  "*.push.services.mozilla.com",
  "*.notify.windows.com",
  "web.push.apple.com",
  "*.push.apple.com",
];

export const Push = section(
  "Codes as push notifications; docs/channel-push.md says how to set it up. They prove that a person holds a device on which your app is installed, not a phone number. Without this section the channel is off.",
  {
    fcm: Type.Optional(named("Firebase projects.", Fcm)),
    apns: Type.Optional(named("Apps at Apple.", Apns)),
    web_push: Type.Optional(named("Keys for Web Push.", WebPush)),
    web_push_services: Type.Array(text("^(\\*\\.)?[a-z0-9-]+(\\.[a-z0-9-]+)+$", "a host, or *. and a domain"), {
      default: pushServices,
      minItems: 1,
      maxItems: 100,
      uniqueItems: true,
      description:
        "Hosts to which Web Push may go, by https on port 443. The address comes from the person's browser, so anything else would let people send requests from your network.",
    }),
    private_services: Type.Array(origin("A push service of your own."), {
      default: [],
      maxItems: 10,
      uniqueItems: true,
      description:
        "Further push services by their exact origin, which may be in your own network and on http: a simulator in tests.",
    }),
    allow_private: Type.Boolean({
      default: false,
      description:
        "Lets an `api_url` of fcm and apns, and the service account's token_uri, lead into your own network, over http too.",
    }),
    price: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1000,
        description: "Price of one notification, kept as `cost` on the delivery.",
      }),
    ),
    request_timeout_ms: ms(
      5000,
      1000,
      30_000,
      "Deadline of a request. The services answer within 1 s; a notification that comes later than a few seconds is of little use.",
    ),
  },
);

export type PushConfig = Static<typeof Push>;
export type FcmConfig = Static<typeof Fcm>;
export type ApnsConfig = Static<typeof Apns>;
export type WebPushConfig = Static<typeof WebPush>;
