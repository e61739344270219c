/**
 * The call that Turnstile, hCaptcha and reCAPTCHA have in common: a form with `secret` and `response` to `siteverify`, which
 * answers 200 with `success` and, where that is false, `error-codes`.
 *
 * Sources: developers.cloudflare.com/turnstile/get-started/server-side-validation, docs.hcaptcha.com ("Verify the user response
 * server side"), developers.google.com/recaptcha/docs/verify and /docs/v3.
 */
import { OutgoingHttpError } from "../outgoing-http/failure.ts";
import type { Gate } from "../outgoing-http/gate.ts";
import { jsonOf, type OutgoingHttp } from "../outgoing-http/request.ts";
import type { HumanCheckConfig } from "./config.ts";
import type { HumanCheck, HumanCheckAbout, HumanVerdict } from "./port.ts";

/** How one service differs. */
export interface Service {
  readonly url: string;
  /** Names the site key in its form; null: it takes none. */
  readonly siteKeyField: string | null;
  /** Whether its answer names the widget's action. */
  readonly hasAction: boolean;
  /** Whether its answer has a score. */
  readonly hasScore: boolean;
  /** Error codes that say nothing of the answer that was checked: the service failed, or its settings here are wrong. */
  readonly ownFaults: readonly string[];
}

/** Errors of ours, in the words of all three. */
const ourFaults: readonly string[] = [
  "missing-input-secret",
  "invalid-input-secret",
  "bad-request",
  "sitekey-secret-mismatch",
];

/**
 * What answers consist of. A firewall before the service may answer anything else with a page of its own: that would look as if
 * the service gave no verdict, and be passed with `on_failure: open`, or close the circuit for everybody.
 */
const answerShape = /^[\w.~+/=:|-]+$/;
/** Of a request that is refused for what stands in it: malformed, too long. */
const ofThisAnswer: ReadonlySet<number> = new Set([400, 413, 414, 422, 431]);

export interface SiteverifyParts {
  readonly name: string;
  readonly config: HumanCheckConfig;
  readonly service: Service;
  readonly http: Pick<OutgoingHttp, "request">;
  readonly gate: Gate;
  readonly defaultMinScore: number;
  /** Called with what an operator has to mend. */
  readonly onFault: (why: string) => void;
}

export function createSiteverify(parts: SiteverifyParts): HumanCheck {
  const { name, config, service, http, gate, defaultMinScore, onFault } = parts;
  const { provider, secret = "", site_key: siteKey = null, action = null } = config;
  const url = new URL(config.url ?? service.url);

  function formOf(answer: string, ip: string): string {
    const form = new URLSearchParams({ secret, response: answer });
    if (config.send_ip) form.set("remoteip", ip);
    if (siteKey !== null && service.siteKeyField !== null) form.set(service.siteKeyField, siteKey);
    return form.toString();
  }

  function verdictOf(body: Readonly<Record<string, unknown>>, about: HumanCheckAbout): HumanVerdict {
    if (body.success !== true) return refusedFor(errorCodes(body));
    const hostnames = config.hostnames ?? about.hostnames;
    const host = body.hostname ?? body.apk_package_name;
    if (hostnames.length > 0 && !(typeof host === "string" && hostnames.includes(host.toLowerCase()))) {
      return { kind: "failed", why: "other_hostname" };
    }
    if (action !== null && service.hasAction && body.action !== action) return { kind: "failed", why: "other_action" };
    if (!service.hasScore) return { kind: "passed" };
    // Without a score the keys are those of reCAPTCHA v2.
    if (typeof body.score !== "number") return fault("no_score");
    return body.score >= (config.min_score ?? defaultMinScore)
      ? { kind: "passed" }
      : { kind: "failed", why: "low_score" };
  }

  function refusedFor(codes: readonly string[]): HumanVerdict {
    const ours = codes.find((code) => ourFaults.includes(code));
    if (ours !== undefined) return fault(ours);
    const its = codes.find((code) => service.ownFaults.includes(code));
    if (its !== undefined) return { kind: "unavailable", why: its };
    return { kind: "failed", why: codes[0] ?? "not_successful" };
  }

  /** Nothing passes until an operator has mended it, also where `on_failure` is `open`. */
  function fault(why: string): HumanVerdict {
    onFault(why);
    return { kind: "failed", why: "misconfigured" };
  }

  async function ask(answer: string, about: HumanCheckAbout): Promise<HumanVerdict> {
    const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
    const response = await http.request({ method: "POST", url, headers, body: formOf(answer, about.ip) });
    const body = jsonOf(response);
    if (body === null && ofThisAnswer.has(response.status)) return { kind: "failed", why: `http_${response.status}` };
    if (body === null || response.status >= 500 || response.status === 429) {
      return { kind: "unavailable", why: `http_${response.status}` };
    }
    return verdictOf(body, about);
  }

  return {
    failOpen: config.on_failure === "open",
    task: () => ({ check: name, provider, site_key: siteKey, action, challenge: null, bits: null }),
    async verify(answer, about) {
      if (!answerShape.test(answer)) return { kind: "failed", why: "malformed" };
      const entry = gate.enter();
      if (!entry.open) return { kind: "unavailable", why: entry.why };
      try {
        const verdict = await ask(answer, about);
        gate.result(verdict.kind === "unavailable" ? { kind: "down", retryAfterMs: null } : { kind: "fine" });
        return verdict;
      } catch (error) {
        gate.result({ kind: "down", retryAfterMs: null });
        return { kind: "unavailable", why: error instanceof OutgoingHttpError ? error.kind : "failed" };
      }
    },
  };
}

function errorCodes(body: Readonly<Record<string, unknown>>): readonly string[] {
  const codes = body["error-codes"];
  const isCode = (code: unknown): code is string => typeof code === "string" && /^[a-z-]{1,60}$/.test(code);
  return Array.isArray(codes) ? codes.filter(isCode) : [];
}
