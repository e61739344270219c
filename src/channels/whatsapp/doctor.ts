/** Checks token, phone numbers and templates at Meta; sends no message. */
import { createOutgoingHttp } from "../../outgoing-http/client.ts";
import { jsonOf, type OutgoingHttp } from "../../outgoing-http/request.ts";
import type { Clock } from "../../shared/clock.ts";
import type { ProviderFinding as Finding } from "../messages/provider-finding.ts";
import type { WhatsAppConfig } from "./config.ts";
import { errorCodeOf } from "./phone-number.ts";

type Json = Readonly<Record<string, unknown>>;

export async function examineWhatsApp(config: WhatsAppConfig, clock: Clock): Promise<readonly Finding[]> {
  const http = createOutgoingHttp({ clock, allowPrivate: config.allow_private, deadlineMs: config.request_timeout_ms });
  const get = (path: string) => ask(http, config, path);
  try {
    const numbers = await Promise.all(
      Object.entries(config.phone_numbers).map(([name, number]) => examineNumber(name, number.phone_number_id, get)),
    );
    return [...numbers, ...(await examineTemplates(config, get))];
  } finally {
    http.close();
  }
}

type Get = (path: string) => Promise<{ readonly body: Json } | { readonly problem: string }>;

async function ask(http: OutgoingHttp, config: WhatsAppConfig, path: string): ReturnType<Get> {
  const url = new URL(`${config.api_url.replace(/\/+$/, "")}/${config.api_version}/${path}`);
  try {
    const headers = { authorization: `Bearer ${config.access_token}` };
    const response = await http.request({ method: "GET", url, headers });
    const body = jsonOf(response);
    if (response.status === 200 && body !== null) return { body };
    const code = errorCodeOf(body?.error);
    return { problem: `HTTP ${response.status}${code === null ? "" : `, Meta's error ${code}`}` };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : "no answer" };
  }
}

async function examineNumber(name: string, id: string, get: Get): Promise<Finding> {
  const answer = await get(`${id}?fields=quality_rating,platform_type,status,account_mode`);
  const about = `WhatsApp number ${name}`;
  if ("problem" in answer) {
    const fix =
      "Check access_token (a system user's, with whatsapp_business_messaging and the account assigned), phone_number_id and the way to graph.facebook.com (docs/channel-whatsapp.md).";
    return { level: "fail", what: `${about}: cannot be read (${answer.problem})`, fix };
  }
  const { quality_rating: quality, account_mode: mode } = answer.body;
  if (mode === "SANDBOX") {
    const fix = "A test number reaches five listed recipients only; register a number of your own.";
    return { level: "warn", what: `${about}: is a test number`, fix };
  }
  if (quality === "RED") {
    const fix = "Recipients block or report it; Meta lowers its limits. Send codes only to people who asked for them.";
    return { level: "warn", what: `${about}: quality rating is RED`, fix };
  }
  return { level: "ok", what: `${about}: token and number are accepted`, fix: null };
}

async function examineTemplates(config: WhatsAppConfig, get: Get): Promise<readonly Finding[]> {
  const account = config.business_account_id;
  if (account === undefined) return [];
  const templates = new Map([config.template, ...Object.values(config.app_templates ?? {})].map((t) => [t.name, t]));
  const found = await Promise.all(
    [...templates.values()].map(async ({ name, languages }): Promise<readonly Finding[]> => {
      const answer = await get(
        `${account}/message_templates?fields=name,language,status,category&limit=200&name=${name}`,
      );
      if ("problem" in answer) {
        const fix =
          "The token needs whatsapp_business_management for this check, and business_account_id must be its account.";
        return [{ level: "warn", what: `WhatsApp template ${name}: cannot be read (${answer.problem})`, fix }];
      }
      const rows = (Array.isArray(answer.body.data) ? (answer.body.data as Json[]) : []).filter(
        (row) => row.name === name,
      );
      return languages.map((language) => examineTemplate(name, language, rows));
    }),
  );
  return found.flat();
}

function examineTemplate(name: string, language: string, rows: readonly Json[]): Finding {
  const about = `WhatsApp template ${name} in ${language}`;
  const row = rows.find((candidate) => candidate.language === language);
  if (row === undefined) {
    const fix = `Add it in WhatsApp Manager, or take ${language} out of whatsapp.template.languages: its messages fail with error 132001.`;
    return { level: "fail", what: `${about}: does not exist`, fix };
  }
  if (row.status !== "APPROVED") {
    return {
      level: "fail",
      what: `${about}: is ${String(row.status)}`,
      fix: "Wait for Meta's approval, or correct it in WhatsApp Manager.",
    };
  }
  if (row.category !== "AUTHENTICATION") {
    const fix = "Make one of the category Authentication with a copy-code button: others may not carry codes.";
    return { level: "fail", what: `${about}: is of the category ${String(row.category)}`, fix };
  }
  return { level: "ok", what: `${about}: is approved`, fix: null };
}
