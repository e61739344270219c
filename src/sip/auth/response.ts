/** Computes the response to a challenge (RFC 7616 section 3.4), and writes the header's value. */
import { type Algorithm, digestOf } from "./algorithms.ts";
import type { Challenge } from "./challenge.ts";
import type { SignedRequest } from "./port.ts";

/** A challenge that we can answer. */
export interface Answerable extends Challenge {
  readonly algorithm: Algorithm;
  readonly qop: "auth" | "auth-int" | "none";
}

/** One character a byte, as messages are written (latin1). */
export interface Account {
  readonly username: string;
  readonly password: string;
}

/** H(A1), section 3.4.2: is the same for all requests under one nonce. */
export function keyOf({ username, password }: Account, challenge: Answerable, cnonce: string): string {
  const { algorithm, realm, nonce } = challenge;
  const key = digestOf(algorithm, `${username}:${realm}:${password}`);
  return algorithm.session ? digestOf(algorithm, `${key}:${nonce}:${cnonce}`) : key;
}

/** @param count how many requests were signed with this nonce, this one included */
export function responseOf(
  key: string,
  challenge: Answerable,
  request: SignedRequest,
  { cnonce, count }: { readonly cnonce: string; readonly count: number },
): string {
  const { algorithm, nonce, qop } = challenge;
  const body = qop === "auth-int" ? `:${digestOf(algorithm, request.body ?? "")}` : "";
  const signed = digestOf(algorithm, `${request.method}:${request.uri}${body}`);
  const middle = qop === "none" ? nonce : `${nonce}:${countOf(count)}:${cnonce}:${qop}`;
  return digestOf(algorithm, `${key}:${middle}:${signed}`);
}

/** The value of Authorization or Proxy-Authorization (RFC 3261 section 25.1: algorithm, qop and nc without quotes). */
export function writeCredentials(
  username: string,
  challenge: Answerable,
  uri: string,
  { response, cnonce, count }: { readonly response: string; readonly cnonce: string; readonly count: number },
): string {
  const { realm, nonce, opaque, algorithmName, algorithm, qop } = challenge;
  let value = `Digest username="${username.replace(/["\\]/g, "\\$&")}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}"`;
  if (algorithmName !== null) value += `, algorithm=${algorithmName}`;
  if (opaque !== null) value += `, opaque="${opaque}"`;
  if (qop !== "none") value += `, qop=${qop}, nc=${countOf(count)}`;
  if (qop !== "none" || algorithm.session) value += `, cnonce="${cnonce}"`;
  return value;
}

const countOf = (count: number) => count.toString(16).padStart(8, "0");
