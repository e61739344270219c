import { createHmac, timingSafeEqual } from "node:crypto";

// body: the raw bytes or text, before any JSON parser. Returns the event, or null where it is not from OneRing or too old.
export function verify(headers, body, secret) {
  const [id, timestamp] = [headers["webhook-id"], headers["webhook-timestamp"]];
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) < 300)) return null;
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest();
  const signed = (headers["webhook-signature"] ?? "").split(" ").some((signature) => {
    const given = Buffer.from(signature.replace("v1,", ""), "base64");
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  return signed ? JSON.parse(body) : null;
}
