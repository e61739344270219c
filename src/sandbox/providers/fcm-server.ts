/** A simulated Firebase Cloud Messaging: Google's token endpoint, and FCM HTTP v1. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
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
import { readJwt } from "./jwt.ts";

type Json = Readonly<Record<string, unknown>>;

const fcmError = (
  status: number,
  errorCode: string,
  grpc: string,
  headers: Answer["headers"] = {},
  more: readonly object[] = [],
): Answer => ({
  status,
  headers,
  body: {
    error: {
      ...{ code: status, message: errorCode, status: grpc },
      details: [{ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode }, ...more],
    },
  },
});

/** Failures that `failureOf` may name, beside `no_answer`, `lost_answer`, `unanswered` (taken, and never answered) and `swallowed`. */
export const fcmFailureAnswers: Readonly<Record<string, Answer>> = {
  unregistered: fcmError(404, "UNREGISTERED", "NOT_FOUND"),
  invalid_token: fcmError(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
  other_project: fcmError(403, "SENDER_ID_MISMATCH", "PERMISSION_DENIED"),
  quota: fcmError(429, "QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED", { "retry-after": "30" }),
  // For a person who tries it out: the project's other devices must not wait for long.
  quota_briefly: fcmError(429, "QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED", { "retry-after": "1" }),
  // Google documents the QuotaFailure and not its words.
  device_quota: fcmError(429, "QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED", { "retry-after": "20" }, [
    {
      "@type": "type.googleapis.com/google.rpc.QuotaFailure",
      violations: [{ subject: "device", description: "Device message rate exceeded" }],
    },
  ]),
  unavailable: fcmError(503, "UNAVAILABLE", "UNAVAILABLE", { "retry-after": "5" }),
  internal: fcmError(500, "INTERNAL", "INTERNAL"),
  no_apns_key: fcmError(401, "THIRD_PARTY_AUTH_ERROR", "UNAUTHENTICATED"),
};

const projectId = "onering-sandbox";
const scope = "https://www.googleapis.com/auth/firebase.messaging";

export interface FcmService extends Service {
  /** For `push.fcm.<name>.service_account`. */
  readonly serviceAccount: string;
  /** Access tokens that were given out. */
  readonly tokensIssued: number;
  /** All access tokens end; `revoked`: and no new one is given. */
  endTokens(options?: { readonly revoked: boolean }): void;
}

export async function startFcm(options: ServiceOptions = {}): Promise<FcmService> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const inbox = createInbox(options);
  let accessToken = "";
  let tokensIssued = 0;
  let revoked = false;
  let tokenUrl = "";

  function issue(body: Buffer): Answer {
    const form = new URLSearchParams(body.toString("utf8"));
    const jwt = readJwt(form.get("assertion") ?? "", publicKey);
    const { aud, iss, exp, iat, scope: asked } = jwt?.claims ?? {};
    const nowSeconds = (options.nowMs?.() ?? Date.now()) / 1000;
    const isRight =
      form.get("grant_type") === "urn:ietf:params:oauth:grant-type:jwt-bearer" &&
      aud === tokenUrl &&
      asked === scope &&
      String(iss).startsWith("sender@") &&
      Number(iat) <= nowSeconds + 60 &&
      Number(exp) > nowSeconds &&
      Number(exp) - Number(iat) <= 3600;
    if (!isRight || revoked) {
      return { status: 400, body: { error: "invalid_grant", error_description: "Invalid JWT Signature." } };
    }
    tokensIssued++;
    accessToken = `ya29.${randomBytes(24).toString("base64url")}`;
    return { status: 200, body: { access_token: accessToken, expires_in: 3599, token_type: "Bearer" } };
  }

  function send(body: Json): Reply {
    const { token, notification } = (body.message ?? {}) as Json;
    const to = typeof token === "string" ? token : "";
    const named = options.failureOf?.(to) ?? null;
    if (named === "no_answer") return silence;
    const failed = named === null ? undefined : fcmFailureAnswers[named];
    if (failed !== undefined) return failed;
    if (to.length < 32) return fcmError(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT");
    const id = `projects/${projectId}/messages/0:${randomBytes(8).toString("hex")}`;
    const { body: text } = (notification ?? {}) as Json;
    if (body.validate_only !== true && named !== "swallowed") inbox.take(id, `fcm:${to}`, String(text));
    if (named === "lost_answer") return hangUp;
    if (named === "unanswered") return silence;
    return { status: 200, body: { name: id } };
  }

  const handle: Handle = ({ method, path, headers, body }) => {
    if (method === "POST" && path === "/token") return issue(body);
    if (method !== "POST" || path !== `/v1/projects/${projectId}/messages:send`) return { status: 404 };
    if (accessToken === "" || !isCredential(headers.authorization, `Bearer ${accessToken}`)) {
      return { status: 401, body: { error: { code: 401, status: "UNAUTHENTICATED", message: "Invalid credentials" } } };
    }
    return send(jsonIn(body));
  };
  const server = await serveHttp(handle);
  tokenUrl = `${server.url}/token`;
  return {
    ...server,
    messages: inbox.messages,
    serviceAccount: JSON.stringify({
      type: "service_account",
      project_id: projectId,
      private_key_id: "a1b2c3",
      private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
      client_email: `sender@${projectId}.iam.gserviceaccount.com`,
      token_uri: tokenUrl,
    }),
    get tokensIssued() {
      return tokensIssued;
    },
    endTokens({ revoked: forGood } = { revoked: false }) {
      accessToken = "";
      revoked = forGood;
    },
  };
}
