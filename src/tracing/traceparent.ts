/** W3C Trace Context, level 1: the header `traceparent`. `tracestate` is not passed on. */

export interface RemoteContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/** Later versions may have more fields behind the known ones; ff is forbidden. */
const shape = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const longest = 512;

/** @returns null where it is not one: the trace then begins here (section 3.2.3) */
export function readTraceparent(header: string | undefined): RemoteContext | null {
  if (header === undefined || header.length > longest) return null;
  const [, version, traceId = "", spanId = "", flags = "", rest] = shape.exec(header) ?? [];
  if (version === undefined || (version === "00" && rest !== undefined)) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function writeTraceparent({ traceId, spanId, sampled }: RemoteContext): string {
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
}
