/** A lookup service with an HTTP API, described in the configuration: where its answer has the network's name and code. */

import { OutgoingHttpError } from "../../../outgoing-http/failure.ts";
import type { Gate } from "../../../outgoing-http/gate.ts";
import { type OutgoingHttp, type OutgoingResponse, retryAfterMsOf } from "../../../outgoing-http/request.ts";
import type { Clock } from "../../../shared/clock.ts";
import { atPointer } from "../../../shared/json-pointer.ts";
import type { NetworksConfig } from "../config.ts";
import { maxNameLength } from "../file-line.ts";
import type { LiveAnswer, LiveSource } from "../live-port.ts";
import { mccMncOf, readMccMnc } from "../mcc-mnc.ts";

export type HttpLookupConfig = NonNullable<NetworksConfig["http"]>;

export function createHttpSource(parts: {
  readonly config: HttpLookupConfig;
  readonly http: OutgoingHttp;
  readonly gate: Gate;
  readonly clock: Pick<Clock, "nowMs">;
}): LiveSource {
  const { config, http, gate, clock } = parts;

  return {
    name: "http",
    deadlineMs: config.deadline_ms,
    async ask(e164) {
      if (!gate.enter().open) return { kind: "busy" };
      try {
        const url = new URL(filled(config.url, e164));
        return read(await http.request({ method: "GET", url, headers: headersOf(config) }));
      } catch (error) {
        const kind = error instanceof OutgoingHttpError ? error.kind : "broken";
        if (kind === "busy") {
          gate.leave();
          return { kind: "busy" };
        }
        gate.result({ kind: "down", retryAfterMs: null });
        return { kind: kind === "timeout" ? "timeout" : "failed" };
      }
    },
    health: () => gate.health(),
    close: () => http.close(),
  };

  function read(response: OutgoingResponse): LiveAnswer {
    const { status } = response;
    const retryAfterMs = retryAfterMsOf(response.headers, clock.nowMs());
    if (status === 429) {
      gate.result({ kind: "throttled", retryAfterMs });
      return { kind: "failed" };
    }
    if (status === 401 || status === 402 || status === 403) {
      gate.result({ kind: "denied", detail: `it refuses our account (HTTP ${status})` });
      return { kind: "failed" };
    }
    if (status >= 500 || status < 200) {
      gate.result({ kind: "down", retryAfterMs });
      return { kind: "failed" };
    }
    gate.result({ kind: "fine" });
    if (status === 404) return { kind: "none" };
    // Another 4xx is this one request's.
    return status >= 300 ? { kind: "failed" } : answerOf(response.body.toString("utf8"), config);
  }
}

function answerOf(body: string, { mcc_mnc, mcc, mnc, name, ported }: HttpLookupConfig): LiveAnswer {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { kind: "failed" };
  }
  const textAt = (pointer: string | undefined) => (pointer === undefined ? "" : textOf(atPointer(json, pointer)));
  const code = readMccMnc(textAt(mcc_mnc)) ?? mccMncOf(textAt(mcc), textAt(mnc));
  const called = textAt(name);
  const network = {
    mccMnc: code,
    name: called === "" || called.length > maxNameLength || /\p{Cc}/u.test(called) ? null : called,
    ported: ported === undefined ? null : booleanOf(atPointer(json, ported)),
  };
  const isEmpty = network.mccMnc === null && network.name === null && network.ported === null;
  return isEmpty ? { kind: "none" } : { kind: "answered", network };
}

function textOf(value: unknown): string {
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
  return typeof value === "string" ? value.trim() : "";
}

function booleanOf(value: unknown): boolean | null {
  if (typeof value === "boolean") return value;
  const text = textOf(value).toLowerCase();
  if (["true", "yes", "1", "ported"].includes(text)) return true;
  return ["false", "no", "0", "not_ported"].includes(text) ? false : null;
}

/** `{number}` with the plus sign, `{digits}` without. */
function filled(url: string, e164: string): string {
  return url.replaceAll("{number}", encodeURIComponent(e164)).replaceAll("{digits}", e164.slice(1));
}

function headersOf({ headers, bearer, basic }: HttpLookupConfig): Readonly<Record<string, string>> {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    accept: "application/json",
    ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
    ...(basic !== undefined && {
      authorization: `Basic ${Buffer.from(`${basic.user}:${basic.password}`).toString("base64")}`,
    }),
    ...Object.fromEntries(lower),
  };
}
