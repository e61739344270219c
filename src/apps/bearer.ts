/** The bearer token of a request (RFC 6750). */

/** Far above the length of a real key or token; bounds what an unauthenticated client makes the gateway hash. */
const maxTokenLength = 512;

/** The scheme's name is case-insensitive (RFC 9110 §11.1). @param maxLength of the token: longer ones are none */
export function bearerToken(authorization: string | undefined, maxLength = maxTokenLength): string | null {
  if (authorization === undefined || authorization.length > maxLength + 7) return null;
  if (authorization.slice(0, 7).toLowerCase() !== "bearer ") return null;
  const token = authorization.slice(7).trim();
  return token === "" ? null : token;
}
