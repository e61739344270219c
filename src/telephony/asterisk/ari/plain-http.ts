/** The few requests that go by plain HTTP whatever the driver: before there is a session, and where an answer is long. */
import type { AriConfig } from "../access.ts";

export interface HttpAnswer {
  readonly status: number;
  /** Parsed; undefined where it is no JSON. */
  readonly body: unknown;
}

/** A list of all channels of a large PBX takes about 1 KiB each. */
const maxBodyBytes = 16 * 1024 * 1024;

/**
 * Asks `GET /ari/<path>`; the deadline is that of every request to this Asterisk.
 * @throws {Error} whose message is a system error code, or ETIMEDOUT, or EMSGSIZE
 */
export async function getOverHttp(asterisk: AriConfig, path: string): Promise<HttpAnswer> {
  const { origin } = new URL(asterisk.ari_url);
  const basic = Buffer.from(`${asterisk.ari_user}:${asterisk.ari_password}`).toString("base64");
  const signal = AbortSignal.timeout(asterisk.request_timeout_ms);
  try {
    const headers = { authorization: `Basic ${basic}` };
    const response = await fetch(`${origin}/ari/${path}`, { headers, redirect: "error", signal });
    // Asterisk always tells the length.
    if (Number(response.headers.get("content-length")) > maxBodyBytes) {
      await response.body?.cancel();
      throw new Error("EMSGSIZE");
    }
    const body: unknown = await response.json().catch(() => undefined);
    signal.throwIfAborted();
    return { status: response.status, body };
  } catch (error) {
    // Nothing else of the error: its text may hold an address.
    if ((error as Error).name === "TimeoutError") throw new Error("ETIMEDOUT");
    if ((error as Error).message === "EMSGSIZE") throw error;
    throw new Error(((error as Error).cause as NodeJS.ErrnoException | undefined)?.code ?? "connection failed");
  }
}
