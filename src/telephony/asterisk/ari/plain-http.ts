/** The requests that use plain HTTP with every driver: those before there is a session, and those with long answers. */
import type { AriConfig } from "../access.ts";

export interface HttpAnswer {
  readonly status: number;
  /** Parsed; undefined where it is not JSON. */
  readonly body: unknown;
}

/** A list of all channels of a large PBX takes about 1 KiB each. */
const maxBodyBytes = 16 * 1024 * 1024;

/**
 * Sends `GET /ari/<path>` with the deadline of every request to this Asterisk.
 * @throws {Error} whose message is a system error code, or ETIMEDOUT, or EMSGSIZE
 */
export async function getOverHttp(asterisk: AriConfig, path: string): Promise<HttpAnswer> {
  const { origin } = new URL(asterisk.ari_url);
  const basic = Buffer.from(`${asterisk.ari_user}:${asterisk.ari_password}`).toString("base64");
  const signal = AbortSignal.timeout(asterisk.request_timeout_ms);
  try {
    const headers = { authorization: `Basic ${basic}` };
    const response = await fetch(`${origin}/ari/${path}`, { headers, redirect: "error", signal });
    // Asterisk always sends Content-Length.
    if (Number(response.headers.get("content-length")) > maxBodyBytes) {
      await response.body?.cancel();
      throw new Error("EMSGSIZE");
    }
    const body: unknown = await response.json().catch(() => undefined);
    signal.throwIfAborted();
    return { status: response.status, body };
  } catch (error) {
    // Only the error code: the text may contain an address.
    if ((error as Error).name === "TimeoutError") throw new Error("ETIMEDOUT");
    if ((error as Error).message === "EMSGSIZE") throw error;
    throw new Error(((error as Error).cause as NodeJS.ErrnoException | undefined)?.code ?? "connection failed");
  }
}
