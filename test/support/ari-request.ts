import type { AsteriskServer } from "../../src/local/asterisk/asterisk.ts";

/** Sends one request to ARI with plain HTTP: what tests check Asterisk with, apart from the drivers. */
export async function ariRequest(
  asterisk: Pick<AsteriskServer, "ari">,
  method: string,
  path: string,
): Promise<{ status: number; body: unknown }> {
  const { url, user, password } = asterisk.ari;
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  const response = await fetch(`${url}/ari${path}`, { method, headers: { authorization } });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}

/** Places a call as the gateway does. @returns ARI's answer */
export function originate(
  asterisk: Pick<AsteriskServer, "ari">,
  call: { trunk: string; channelId: string; callee: string; callerId: string },
): Promise<{ status: number; body: unknown }> {
  const query = new URLSearchParams({
    endpoint: `PJSIP/${call.callee}@${call.trunk}`,
    app: "test",
    callerId: call.callerId,
    timeout: "10",
    channelId: call.channelId,
  });
  return ariRequest(asterisk, "POST", `/channels?${query}`);
}
