/** Asks the sandbox's API. @param body undefined: GET; null: POST without a body; @param key the app's, or the operator's */
export async function api(url: string, path: string, body?: object | null, key = "sandbox-key") {
  const response = await fetch(`${url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${key}`, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  });
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    json: (await response.json()) as Record<string, unknown>,
  };
}
