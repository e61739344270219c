/** The lines over which deliveries go, and the states in which the gateway of one is killed. */

/** A provider of a message channel, or voice: each has code of its own between the gateway and the person. */
export const lines = ["smpp", "sms_http", "whatsapp", "email", "fcm", "apns", "web_push", "voice"] as const;
export type Line = (typeof lines)[number];
export type MessageLine = Exclude<Line, "voice">;

/** `starting`: the request is under way, the app repeats it at the other gateway; the others are the delivery's own. */
export type DeliveryState = "starting" | "queued" | "sent" | "delivered" | "calling" | "ringing" | "answered";

export interface LinePlan {
  readonly channel: string;
  readonly states: readonly DeliveryState[];
  /** Channels of the steps that follow. */
  readonly next: readonly string[];
}

const withReceipts: readonly DeliveryState[] = ["starting", "queued", "sent", "delivered"];
const withoutReceipts: readonly DeliveryState[] = ["starting", "queued", "sent"];

export const plans: Readonly<Record<Line, LinePlan>> = {
  smpp: { channel: "sms", states: withReceipts, next: ["whatsapp", "email"] },
  sms_http: { channel: "sms", states: withReceipts, next: ["whatsapp", "email"] },
  whatsapp: { channel: "whatsapp", states: withReceipts, next: ["sms", "email"] },
  email: { channel: "email", states: withoutReceipts, next: ["sms", "whatsapp"] },
  fcm: { channel: "push", states: withoutReceipts, next: ["sms", "whatsapp"] },
  apns: { channel: "push", states: withoutReceipts, next: ["sms", "whatsapp"] },
  web_push: { channel: "push", states: withoutReceipts, next: ["sms", "whatsapp"] },
  voice: { channel: "voice", states: ["calling", "ringing", "answered"], next: ["sms", "whatsapp"] },
};

/** Callees are one of these and four more digits: mobile numbers of Ofcom's 07400 range, which only SIPp ever gets. */
export const prefixes = {
  sms_http: "+44740030",
  other: "+44740031",
  calling: "+44740050",
  ringing: "+44740051",
  answered: "+44740052",
} as const;

export function prefixOf(line: Line, state: DeliveryState): string {
  if (line === "sms_http") return prefixes.sms_http;
  if (state === "calling" || state === "ringing" || state === "answered") return prefixes[state];
  return prefixes.other;
}

/** The first delivery is lost with its gateway in these states: nothing says what became of it. */
export const lostIn: readonly DeliveryState[] = ["queued", "calling", "ringing", "answered"];
