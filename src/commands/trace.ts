/** `onering trace`: the SIP messages of a call, asked of a running gateway. */
import { operatorKeyVariable } from "../config/other-variables.ts";
import { isGatewayAddress, wrongGateway } from "./gateway-address.ts";
import { ladder, type ShownTrace } from "./trace-ladder.ts";

export interface TraceOptions {
  /** Of a verification or a call attempt. */
  readonly id: string;
  /** Where the gateway answers. */
  readonly gateway: URL;
  readonly json: boolean;
}

const deadlineMs = 10_000;
/** 1,000 messages have some 150 KB. */
const largestBytes = 10_000_000;

/** @returns what is wrong, for the command line */
export function readTraceOptions(
  words: readonly string[],
  values: { readonly gateway?: string | undefined; readonly json?: boolean | undefined },
): TraceOptions | { readonly wrong: string } {
  const [id, ...more] = words;
  if (id === undefined || more.length > 0) return { wrong: "trace needs one ID, of a verification or a call attempt" };
  if (!/^[A-Za-z0-9_-]{1,100}$/.test(id)) return { wrong: `${JSON.stringify(id)} is not an id` };
  const { gateway = "http://127.0.0.1:8080", json = false } = values;
  if (!isGatewayAddress(gateway)) return wrongGateway(gateway);
  return { id, gateway: new URL(gateway), json };
}

/**
 * @param key an operator's; in the environment, as others can read a command line
 * @returns 0 where the call was found
 * @throws {Error} where the gateway does not answer, or refuses
 */
export async function trace(
  { id, gateway, json }: TraceOptions,
  key = process.env[operatorKeyVariable],
): Promise<number> {
  if (key === undefined || key === "") throw new Error(`set ${operatorKeyVariable} to an operator's API key`);
  const url = new URL(`/v1/admin/calls/${id}/trace`, gateway);
  const response = await ask(url, key);
  const text = await response.text();
  const body = text.length > largestBytes ? null : parse(text);
  if (response.status !== 200) {
    const detail = typeof body?.detail === "string" ? body.detail : "no reason given";
    throw new Error(`${gateway.host} answered HTTP ${response.status}: ${detail}`);
  }
  if (!Array.isArray(body?.calls)) throw new Error(`${gateway.host} is not a gateway of this version`);
  const calls = body.calls as ShownTrace[];
  process.stdout.write(json ? `${JSON.stringify(body, null, 2)}\n` : calls.map(ladder).join("\n"));
  return 0;
}

async function ask(url: URL, key: string): Promise<Response> {
  try {
    const headers = { authorization: `Bearer ${key}`, accept: "application/json" };
    return await fetch(url, { headers, redirect: "error", signal: AbortSignal.timeout(deadlineMs) });
  } catch (error) {
    const { cause = error } = error as { cause?: unknown };
    throw new Error(`${url.host} does not answer: ${(cause as Error).message}`);
  }
}

function parse(text: string): { readonly detail?: unknown; readonly calls?: unknown } | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : null;
  } catch {
    return null;
  }
}
