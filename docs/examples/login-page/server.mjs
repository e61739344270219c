// Sign in with a phone number, verified by missed call, or by calling in. Node.js 18, nothing to install:
//   ONERING_URL=http://127.0.0.1:8080 ONERING_KEY=sandbox-key PORT=3000 node server.mjs
import { randomBytes, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const { ONERING_URL: api = "http://127.0.0.1:8080", ONERING_KEY: key = "sandbox-key", PORT: port = "3000" } = process.env;

/** Cookie → { id of the verification, phone once verified }. A real site uses its session store; this one is bounded. */
const sessions = new Map();
const maxSessions = 10_000;
const maxBodyBytes = 1000;

/** Calls the gateway. The key stays on this server: a browser never talks to the gateway itself. */
async function gateway(method, path, body) {
  const response = await fetch(`${api}/v1/verifications${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body && { "content-type": "application/json", "idempotency-key": randomUUID() }),
    },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const answer = await response.json();
  if (response.ok) return answer;
  const retryAfterSeconds = Number(response.headers.get("retry-after")) || null;
  throw Object.assign(new Error(answer.detail), { code: answer.code, status: response.status, retryAfterSeconds });
}

/** What the page needs of a verification; never its id, nor more of it than it shows. */
function view({ status, reason, to, channel, code_length, checks_left, delivery, next_channels }) {
  return {
    ...{ status, reason, to, channel, state: delivery.state, codeLength: code_length, checksLeft: checks_left },
    callerIdPrefix: delivery.missed_call?.caller_id.prefix ?? null,
    callNumber: delivery.call_in?.number ?? null,
    nextChannels: next_channels,
  };
}

const actions = {
  /** { phone, country?, channel? }: a new verification; the one before is no longer wanted. */
  async start(session, { phone, country, channel = "missed_call" }) {
    if (session.id) await gateway("POST", `/${session.id}/cancel`).catch(() => {});
    const started = await gateway("POST", "", { to: String(phone), ...(country && { country }), channel });
    session.id = started.id;
    return view(started);
  },
  async state(session) {
    const verification = await gateway("GET", `/${session.id}`);
    if (verification.status === "verified") session.phone = verification.proof.value;
    return view(verification);
  },
  async check(session, { code }) {
    const { valid } = await gateway("POST", `/${session.id}/check`, { code: String(code) });
    return { ...(await actions.state(session)), valid };
  },
  /** { channel }: another delivery of the same verification, one of its `nextChannels`. */
  again: async (session, { channel }) => view(await gateway("POST", `/${session.id}/resend`, { channel })),
};

const files = { "/": ["index.html", "text/html"], "/page.js": ["page.js", "text/javascript"], "/page.css": ["page.css", "text/css"] };

async function answer(request, response) {
  const file = files[request.url];
  if (request.method === "GET" && file) {
    response.setHeader("content-type", `${file[1]}; charset=utf-8`);
    return response.end(await readFile(new URL(file[0], import.meta.url)));
  }
  const action = request.url.slice(1);
  // JSON is what another site's form cannot send, and the cookie is SameSite=Strict: no cross-site requests.
  if (request.method !== "POST" || !Object.hasOwn(actions, action) || request.headers["content-type"] !== "application/json") {
    return send(response, 404, { code: "not_found" });
  }
  const session = sessionOf(request, response);
  if (action !== "start" && !session.id) return send(response, 409, { code: "not_started" });
  try {
    send(response, 200, await actions[action](session, JSON.parse(await bodyOf(request))));
  } catch ({ code = "failed", status = 502, retryAfterSeconds = null }) {
    send(response, status, { code, retryAfterSeconds });
  }
}

function send(response, status, body) {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" }).end(JSON.stringify(body));
}

async function bodyOf(request) {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > maxBodyBytes) throw Object.assign(new Error("body too large"), { code: "too_large", status: 413 });
  }
  return text;
}

function sessionOf(request, response) {
  const [, cookie] = /(?:^|; )session=([\w-]{32})/.exec(request.headers.cookie ?? "") ?? [];
  const known = sessions.get(cookie);
  if (known) return known;
  const name = randomBytes(24).toString("base64url");
  const session = { id: null, phone: null };
  sessions.set(name, session);
  if (sessions.size > maxSessions) sessions.delete(sessions.keys().next().value);
  // Behind HTTPS add "; Secure".
  response.setHeader("set-cookie", `session=${name}; HttpOnly; SameSite=Strict; Path=/`);
  return session;
}

const server = createServer((request, response) => {
  response.setHeader("content-security-policy", "default-src 'self'; base-uri 'none'; frame-ancestors 'none'");
  response.setHeader("x-content-type-options", "nosniff");
  answer(request, response).catch(() => response.headersSent || send(response, 500, { code: "failed" }));
});
server.listen(Number(port), "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
