/** A simulated WhatsApp Cloud API: takes authentication templates, and reports on a signed webhook. */
import { createHmac, randomBytes } from "node:crypto";
import {
  type Answer,
  createInbox,
  type Handle,
  hangUp,
  isCredential,
  jsonIn,
  type Reply,
  type Service,
  type ServiceOptions,
  serveHttp,
  silence,
} from "./http-server.ts";

interface MetaFailure {
  /** Of the answer; null: the message is taken, and fails later by webhook. */
  readonly status: number | null;
  readonly code: number;
  readonly title: string;
}

const failure = (status: number | null, code: number, title: string): MetaFailure => ({ status, code, title });

/**
 * Failures that `failureOf` may name, beside `no_answer`, `lost_answer`, `unanswered` (taken, and never answered), `swallowed` (taken, and nothing more), `read`,
 * `late_receipt` and `odd_receipts`.
 */
export const metaFailures: Readonly<Record<string, MetaFailure>> = {
  not_on_whatsapp: failure(null, 131026, "Message undeliverable"),
  not_on_whatsapp_at_once: failure(400, 131026, "Message undeliverable"),
  held_back: failure(null, 131049, "This message was not delivered to maintain healthy ecosystem engagement."),
  pair_rate_limit: failure(400, 131056, "(Business Account, Consumer Account) pair rate limit hit"),
  throughput: failure(429, 130429, "Rate limit hit"),
  account_rate_limit: failure(400, 80007, "Rate limit issues"),
  re_engagement: failure(null, 131047, "Re-engagement message"),
  template_missing: failure(404, 132001, "Template name does not exist in the translation"),
  token_expired: failure(401, 190, "Access token has expired"),
  unavailable: failure(503, 131016, "Service unavailable"),
  unknown_error: failure(500, 131000, "Something went wrong"),
};

export interface MetaOptions extends ServiceOptions {
  readonly accessToken: string;
  readonly appSecret: string;
  readonly phoneNumberIds: readonly string[];
  /** Approved languages by template. */
  readonly templates: Readonly<Record<string, readonly string[]>>;
  /** Runs something later. @param late the receipt of `late_receipt` */
  readonly later?: (late: boolean, run: () => void) => void;
}

export interface MetaService extends Service {
  /** Where receipts go; none are sent before. */
  setWebhook(url: string): void;
  /** Sends a webhook's body, signed; returns the status of the answer. */
  post(body: object): Promise<number>;
}

type Json = Readonly<Record<string, unknown>>;

/** Of the failures that are none of delivery. */
const statusesOf: Readonly<Record<string, readonly string[]>> = {
  swallowed: ["sent"],
  read: ["sent", "delivered", "read"],
  odd_receipts: ["read", "delivered", "delivered", "sent"],
};

export async function startMeta(options: MetaOptions): Promise<MetaService> {
  const inbox = createInbox(options);
  const later = options.later ?? ((_late, run) => void setImmediate(run));
  let webhook: string | null = null;

  async function post(body: object): Promise<number> {
    if (webhook === null) return 0;
    const raw = JSON.stringify(body);
    const signature = `sha256=${createHmac("sha256", options.appSecret).update(raw).digest("hex")}`;
    const headers = { "content-type": "application/json", "x-hub-signature-256": signature };
    const response = await fetch(webhook, { method: "POST", headers, body: raw });
    return response.status;
  }

  /** The statuses of a message, one webhook each as Meta does. A gateway that does not take one gets the next all the same. */
  async function report(phoneNumberId: string, id: string, to: string, named: string | null): Promise<void> {
    const failed = named === null ? undefined : metaFailures[named];
    for (const status of failed === undefined ? (statusesOf[named ?? ""] ?? ["sent", "delivered"]) : ["failed"]) {
      await post(statusWebhook({ phoneNumberId, id, to, status, failure: failed ?? null })).catch(() => 0);
    }
    if (named !== "odd_receipts") return;
    const unknown = statusWebhook({ phoneNumberId, id: `${id}x`, to, status: "delivered", failure: null });
    await post(unknown).catch(() => 0);
  }

  function send(phoneNumberId: string, body: Json): Reply {
    const to = typeof body.to === "string" ? body.to : "";
    const named = options.failureOf?.(to) ?? null;
    if (named === "no_answer") return silence;
    const failed = named === null ? undefined : metaFailures[named];
    if (failed !== undefined && failed.status !== null) return errorAnswer(failed.status, failed);
    const code = codeIn(body, options.templates);
    if (typeof code !== "string") return errorAnswer(code.status ?? 400, code);
    const waId = to.replace(/^\+/, "");
    const id = `wamid.${randomBytes(24).toString("base64")}`;
    const text = `${code} is your verification code. For your security, do not share this code.`;
    if (failed === undefined && named !== "swallowed") inbox.take(id, to, text);
    later(named === "late_receipt", () => void report(phoneNumberId, id, waId, named));
    if (named === "lost_answer") return hangUp;
    if (named === "unanswered") return silence;
    const messages = [{ id, message_status: "accepted" }];
    return { status: 200, body: { messaging_product: "whatsapp", contacts: [{ input: to, wa_id: waId }], messages } };
  }

  const handle: Handle = ({ method, path, query, headers, body }) => {
    if (!isCredential(headers.authorization, `Bearer ${options.accessToken}`)) {
      return errorAnswer(401, failure(401, 190, "Invalid OAuth access token"));
    }
    const [, id = "", what = ""] = /^\/v\d+\.\d+\/(\d+)(?:\/([a-z_]+))?$/.exec(path) ?? [];
    if (method === "GET" && what === "message_templates") return templatesAnswer(query.get("name"), options.templates);
    if (!options.phoneNumberIds.includes(id)) return errorAnswer(400, failure(400, 33, "Parameter value is not valid"));
    if (method === "GET") return { status: 200, body: { id, quality_rating: "GREEN", account_mode: "LIVE" } };
    return what === "messages" ? send(id, jsonIn(body)) : errorAnswer(400, failure(400, 100, "Invalid parameter"));
  };
  const server = await serveHttp(handle);
  return {
    ...server,
    ...{ messages: inbox.messages, post },
    setWebhook(url) {
      webhook = url;
    },
  };
}

/** A webhook with one status. */
export function statusWebhook(options: {
  readonly phoneNumberId: string;
  readonly id: string;
  /** Digits alone. */
  readonly to: string;
  readonly status: string;
  readonly failure: MetaFailure | null;
}): object {
  const { phoneNumberId, id, to, status, failure: found } = options;
  const errors = found === null ? undefined : [{ code: found.code, title: found.title, message: found.title }];
  const statuses = [
    { id, status, timestamp: String(Math.floor(Date.now() / 1000)), recipient_id: to, ...(errors && { errors }) },
  ];
  const metadata = { display_phone_number: "15550100000", phone_number_id: phoneNumberId };
  const value = { messaging_product: "whatsapp", metadata, statuses };
  return { object: "whatsapp_business_account", entry: [{ id: "1", changes: [{ field: "messages", value }] }] };
}

/** The code of an authentication template: in the body and, the same, in the button. */
function codeIn({ type, template }: Json, approved: MetaOptions["templates"]): string | MetaFailure {
  const { name, language, components } = (template ?? {}) as Json;
  if (type !== "template") return failure(400, 131047, "Re-engagement message");
  const { code: wanted } = (language ?? {}) as Json;
  if (!approved[String(name)]?.includes(String(wanted))) return failure(404, 132001, "Template does not exist");
  const [body, button] = (Array.isArray(components) ? components : []) as Json[];
  const [text, same] = [body, button].map((component) => {
    const [parameter] = (Array.isArray(component?.parameters) ? component.parameters : []) as Json[];
    return parameter?.text;
  });
  const isButton = button?.type === "button" && button.sub_type === "url" && button.index === "0";
  if (typeof text !== "string" || text !== same || !isButton) {
    return failure(400, 132000, "Number of parameters does not match the expected number of params");
  }
  return text.length <= 15 ? text : failure(400, 132005, "Template hydrated text too long");
}

function templatesAnswer(name: string | null, templates: MetaOptions["templates"]): Answer {
  const languages = (name === null ? undefined : templates[name]) ?? [];
  const data = languages.map((language) => ({ name, language, status: "APPROVED", category: "AUTHENTICATION" }));
  return { status: 200, body: { data } };
}

function errorAnswer(status: number, { code, title }: MetaFailure): Answer {
  const message = `(#${code}) ${title}`;
  const error_data = { messaging_product: "whatsapp", details: title };
  return { status, body: { error: { message, type: "OAuthException", code, error_data, fbtrace_id: "AbCdEf" } } };
}
