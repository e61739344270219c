/** Checks Asterisk before a session is opened: distinguishes errors that a WebSocket or the ari-client package cannot. */
import type { AriConfig } from "../access.ts";
import type { AsteriskInfo } from "../asterisk-info.ts";
import { getOverHttp } from "./plain-http.ts";

export type PreflightProblem = "unreachable" | "no_answer" | "wrong_password" | "not_ari" | "too_old";

/** Why Asterisk cannot be used now. The message contains no secret. */
export class PreflightError extends Error {
  readonly problem: PreflightProblem;
  constructor(problem: PreflightProblem, detail: string) {
    super(detail);
    this.name = "PreflightError";
    this.problem = problem;
  }
}

/**
 * Sends `GET /ari/asterisk/info`.
 * @throws {PreflightError}
 */
export async function preflight(asterisk: AriConfig): Promise<AsteriskInfo> {
  const { host } = new URL(asterisk.ari_url);
  const { status, body } = await getOverHttp(asterisk, "asterisk/info?only=system,status").catch((error: Error) => {
    if (error.message !== "ETIMEDOUT") {
      throw new PreflightError("unreachable", `${host} cannot be reached (${error.message})`);
    }
    throw new PreflightError("no_answer", `${host} did not answer within ${asterisk.request_timeout_ms} ms`);
  });
  if (status === 401 || status === 403) {
    throw new PreflightError("wrong_password", `Asterisk refuses user ${asterisk.ari_user} or its password`);
  }
  return readInfo(body, host, status);
}

function readInfo(body: unknown, host: string, status: number): AsteriskInfo {
  const info = body as { system?: { version?: unknown }; status?: { startup_time?: unknown } } | null | undefined;
  const version = info?.system?.version;
  const startupTime = info?.status?.startup_time;
  if (status !== 200 || typeof version !== "string" || typeof startupTime !== "string") {
    throw new PreflightError("not_ari", `${host} did not answer like ARI (HTTP ${status})`);
  }
  return { version, startupTime };
}
