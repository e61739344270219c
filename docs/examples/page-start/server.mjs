// Sign in with a phone number; the page talks to the gateway itself, by tokens. Node.js 18, nothing to install:
//   ONERING_URL=http://127.0.0.1:8080 ONERING_KEY=sandbox-key PORT=3000 node server.mjs
// The app's `cors_origins` must name this page's origin.
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const { ONERING_URL: api = "http://127.0.0.1:8080", ONERING_KEY: key = "sandbox-key", PORT: port = "3000" } = process.env;
const maxBodyBytes = 1000;
const deadlineMs = 10_000;

/** Calls the gateway with the app's key, which never leaves this server. */
async function gateway(method, path, body) {
  const response = await fetch(`${api}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body && { "content-type": "application/json" }) },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(deadlineMs),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`the gateway answered ${response.status} ${answer.code}: ${answer.detail}`);
  return answer;
}

/** What the gateway knows a session by: not the cookie itself, which opens the session. */
const nameOf = (session) => createHash("sha256").update(session).digest("base64url");

const actions = {
  /** What the page may do, fixed to this visitor: the reference ties the verification to the session. */
  async "start-token"(cookie) {
    const session = nameOf(cookie);
    const made = await gateway("POST", "/start-tokens", { reference: session, client: { session }, channels: ["missed_call"] });
    return { ...made, gateway: api };
  },
  /** The page says which verification; whether it is this visitor's, and verified, is asked here. */
  async finish(cookie, { id }) {
    const { status, reference, proof } = await gateway("GET", `/verifications/${encodeURIComponent(String(id))}`);
    if (status !== "verified" || reference !== nameOf(cookie)) throw new Error("not verified for this visitor");
    // A real site marks its session as signed in with proof.value now, once, and remembers the id as used.
    return { phone: proof.value };
  },
};

const types = { html: "text/html", js: "text/javascript", css: "text/css" };
const files = ["index.html", "page.js", "gateway.js", "proof-of-work.js", "page.css"];

async function answer(request, response) {
  const name = request.url === "/" ? "index.html" : request.url.slice(1);
  if (request.method === "GET" && files.includes(name)) {
    response.setHeader("content-type", `${types[name.split(".").at(-1)]}; charset=utf-8`);
    return response.end(await readFile(new URL(name, import.meta.url)));
  }
  // JSON is what another site's form cannot send, and the cookie is SameSite=Strict: no cross-site requests.
  if (request.method !== "POST" || !Object.hasOwn(actions, name) || request.headers["content-type"] !== "application/json") {
    return send(response, 404, {});
  }
  try {
    send(response, 200, await actions[name](sessionOf(request, response), JSON.parse(await bodyOf(request))));
  } catch (error) {
    console.error(error.message);
    send(response, 502, {});
  }
}

function send(response, status, body) {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" }).end(JSON.stringify(body));
}

async function bodyOf(request) {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > maxBodyBytes) throw new Error("body too large");
  }
  return text;
}

function sessionOf(request, response) {
  const [, known] = /(?:^|; )session=([\w-]{32})/.exec(request.headers.cookie ?? "") ?? [];
  if (known) return known;
  const name = randomBytes(24).toString("base64url");
  // Behind HTTPS add "; Secure". A real site keeps its sessions.
  response.setHeader("set-cookie", `session=${name}; HttpOnly; SameSite=Strict; Path=/`);
  return name;
}

const server = createServer((request, response) => {
  response.setHeader("content-security-policy", `default-src 'self'; connect-src 'self' ${api}; base-uri 'none'; frame-ancestors 'none'`);
  response.setHeader("x-content-type-options", "nosniff");
  answer(request, response).catch(() => response.headersSent || send(response, 500, {}));
});
server.listen(Number(port), "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
