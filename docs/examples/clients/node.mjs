// Verifies a phone number by missed call: node node.mjs +447400123456
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline/promises";

const { ONERING_URL: api = "http://127.0.0.1:8080", ONERING_KEY: key = "sandbox-key" } = process.env;

/** Ends the program with what is wrong. */
function fail(message, exitCode = 1) {
  console.error(message);
  process.exit(exitCode);
}

async function post(path, body, headers = {}) {
  const response = await fetch(api + path, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const answer = await response.json();
  if (response.ok) return answer;
  const { code, detail, errors = [] } = answer; // a problem, RFC 9457
  fail([`${code}: ${detail}`, ...errors.map((error) => `  ${error.pointer} ${error.detail}`)].join("\n"));
}

if (process.argv.length !== 3) fail("usage: node node.mjs +447400123456", 2);
const { id, code_length } = await post("/v1/verifications", { to: process.argv[2] }, { "idempotency-key": randomUUID() });
const terminal = createInterface({ input: process.stdin, output: process.stdout });
let answer;
do {
  const code = await terminal.question(`Last ${code_length} digits of the number that called: `);
  answer = await post(`/v1/verifications/${id}/check`, { code });
  console.log(answer.valid ? "verified" : `wrong, ${answer.checks_left} checks left`);
} while (!answer.valid && answer.checks_left > 0);
terminal.close();
process.exitCode = answer.valid ? 0 : 1;
