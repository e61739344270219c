/**
 * Push registrations, as an app gives them in `to`: `fcm:<token>`, `apns:<device token>`, or a Web Push subscription as
 * the browser serialises it (W3C Push API). The canonical form is what limits and codes count by.
 */
import { ECDH } from "node:crypto";

export type Registration =
  | { readonly service: "fcm" | "apns"; readonly token: string }
  | { readonly service: "web_push"; readonly endpoint: URL; readonly p256dh: string; readonly auth: string };

/** A subscription takes under 600 characters. */
const maxLength = 2048;
/** FCM documents no form; what it gives out has 140 to 200 of these. */
const fcmToken = /^[A-Za-z0-9_:-]{32,1024}$/;
/** 32 bytes today; Apple asks not to rely on it. */
const apnsToken = /^(?:[0-9A-Fa-f]{2}){32,100}$/;
const maxEndpointLength = 1024;
const publicKeyBytes = 65;
const authBytes = 16;

/** Which Web Push endpoints are allowed. */
export type IsPushService = (endpoint: URL) => boolean;

/** @param services hosts, or `*.` and a domain; @param privateOrigins exact origins */
export function pushServices(services: readonly string[], privateOrigins: readonly string[]): IsPushService {
  const hosts = new Set(services.filter((service) => !service.startsWith("*.")));
  const domains = services.filter((service) => service.startsWith("*.")).map((service) => service.slice(1));
  const origins = new Set(privateOrigins.map((origin) => new URL(origin).origin));
  return ({ origin, protocol, hostname, port }) =>
    origins.has(origin) ||
    (protocol === "https:" &&
      port === "" &&
      (hosts.has(hostname) || domains.some((domain) => hostname.endsWith(domain) && hostname.length > domain.length)));
}

/** Reads a registration; `problem` quotes nothing of it. */
export function parseRegistration(
  text: string,
  isPushService: IsPushService,
): { readonly registration: Registration } | { readonly problem: string } {
  if (text.length > maxLength) return { problem: `must have at most ${maxLength} characters` };
  if (text.startsWith("fcm:")) {
    const token = text.slice(4);
    if (fcmToken.test(token)) return { registration: { service: "fcm", token } };
    return { problem: "fcm: must be followed by a registration token of FCM" };
  }
  if (text.startsWith("apns:")) {
    const token = text.slice(5).toLowerCase();
    if (apnsToken.test(token)) return { registration: { service: "apns", token } };
    return { problem: "apns: must be followed by a device token in hexadecimal" };
  }
  if (text.startsWith("{")) return parseSubscription(text, isPushService);
  return { problem: "must be fcm:<token>, apns:<device token> or a Web Push subscription as JSON" };
}

/** The canonical form of a registration. */
export function registrationText(registration: Registration): string {
  if (registration.service !== "web_push") return `${registration.service}:${registration.token}`;
  const { endpoint, p256dh, auth } = registration;
  return JSON.stringify({ endpoint: endpoint.href, keys: { p256dh, auth } });
}

function parseSubscription(text: string, isPushService: IsPushService): ReturnType<typeof parseRegistration> {
  const value = parseJson(text);
  if (value === null) return { problem: "is not a Web Push subscription: it is no JSON" };
  const { endpoint, keys } = value as { readonly endpoint?: unknown; readonly keys?: unknown };
  if (typeof endpoint !== "string" || endpoint.length > maxEndpointLength || !URL.canParse(endpoint)) {
    return { problem: `endpoint must be a URL of at most ${maxEndpointLength} characters` };
  }
  const url = new URL(endpoint);
  if (url.username !== "" || url.password !== "" || url.hash !== "" || !isPushService(url)) {
    return {
      problem: "endpoint is not at one of the push services that this gateway sends to (push.web_push_services)",
    };
  }
  const { p256dh, auth } = (typeof keys === "object" && keys !== null ? keys : {}) as Readonly<Record<string, unknown>>;
  const key = fromBase64(p256dh, publicKeyBytes);
  if (key === null || !isOnCurve(key))
    return { problem: "keys.p256dh must be a point of P-256, uncompressed, in base64url" };
  const secret = fromBase64(auth, authBytes);
  if (secret === null) return { problem: `keys.auth must be ${authBytes} bytes in base64url` };
  const registration = { endpoint: url, p256dh: key.toString("base64url"), auth: secret.toString("base64url") };
  return { registration: { service: "web_push", ...registration } };
}

function parseJson(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

/** Base64url or base64, padded or not: browsers and libraries differ. */
function fromBase64(value: unknown, bytes: number): Buffer | null {
  if (typeof value !== "string" || !/^[A-Za-z0-9_+/-]{1,200}={0,2}$/.test(value)) return null;
  const decoded = Buffer.from(value, "base64");
  return decoded.length === bytes ? decoded : null;
}

/** A point outside the curve would give an attacker who chose it the key (and OpenSSL refuses it later). */
function isOnCurve(key: Buffer): boolean {
  try {
    return key[0] === 4 && ECDH.convertKey(key, "prime256v1").length > 0;
  } catch {
    return false;
  }
}
