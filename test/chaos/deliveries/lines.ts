/** The lines over which deliveries go, and the states in which the gateway of one is killed. */

export const messageLines = ["smpp", "sms_http", "whatsapp", "email", "fcm", "apns", "web_push"] as const;
export const callLines = ["voice", "missed_call"] as const;
/** A provider of a message channel, or a kind of call: each has code of its own between the gateway and the person. */
export const lines = [...messageLines, ...callLines] as const;
export type MessageLine = (typeof messageLines)[number];
export type CallLine = (typeof callLines)[number];
export type Line = MessageLine | CallLine;

export const isMessageLine = (line: Line): line is MessageLine => messageLines.some((one) => one === line);

type CallState = "calling" | "ringing" | "answered" | "spoken" | "rung";
/** `starting`: the request is under way, the app repeats it at the other gateway; the others are the delivery's own. */
export type DeliveryState = "starting" | "queued" | "sent" | "delivered" | CallState;

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
  voice: { channel: "voice", states: ["calling", "ringing", "answered", "spoken"], next: ["sms", "whatsapp"] },
  missed_call: { channel: "missed_call", states: ["calling", "ringing", "rung"], next: ["sms", "whatsapp"] },
};

/** What the carriers do, and the start of the callees behind each: mobile numbers of Ofcom's 07400 range, which only SIPp ever gets. */
export const carrierPrefixes = {
  silent: "+44740050",
  ringing: "+44740051",
  answering: "+44740052",
  speaking: "+44740053",
} as const;
export type Carrier = keyof typeof carrierPrefixes;
export const smsHttpPrefix = "+44740030";
const otherPrefix = "+44740031";

const carriersOf: Readonly<Record<CallState, Carrier>> = {
  ...{ calling: "silent", ringing: "ringing", rung: "ringing", answered: "answering", spoken: "speaking" },
};

/** Four more digits make a callee. */
export function prefixOf(line: Line, state: DeliveryState): string {
  if (line === "sms_http") return smsHttpPrefix;
  return state in carriersOf ? carrierPrefixes[carriersOf[state as CallState]] : otherPrefix;
}

/** Whether the first delivery is lost with its gateway: nothing says what became of it. A phone that rang told its digits. */
export function isLost(line: Line, state: DeliveryState): boolean {
  if (line === "missed_call") return state === "calling";
  return ["queued", "calling", "ringing", "answered"].includes(state);
}

/** States that take seconds to reach. */
export const isSlow = (state: DeliveryState) => state === "spoken" || state === "rung";
