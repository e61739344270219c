/** One ARI request of the doctor. */
import type { AriConfig } from "../telephony/asterisk/access.ts";

export interface AriAnswer {
  readonly status: number;
  /** Null where the answer is not JSON. */
  readonly body: unknown;
}

/**
 * @param path below `/ari`, such as `/asterisk/info`
 * @throws {Error} where nothing answers within `request_timeout_ms`
 */
export async function askAri(asterisk: AriConfig, method: "GET" | "DELETE", path: string): Promise<AriAnswer> {
  const authorization = `Basic ${Buffer.from(`${asterisk.ari_user}:${asterisk.ari_password}`).toString("base64")}`;
  const response = await fetch(new URL(`/ari${path}`, asterisk.ari_url), {
    method,
    headers: { authorization },
    signal: AbortSignal.timeout(asterisk.request_timeout_ms),
  });
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) };
  } catch {
    return { status: response.status, body: null };
  }
}
