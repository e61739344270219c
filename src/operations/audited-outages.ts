/** Outages whose changes are in the audit log, made by operators or by the canary. */
import type { AuditWriter } from "../audit/writer.ts";
import type { Outage, Outages, Part } from "./outages-port.ts";

export function auditedOutages(outages: Outages, audit: AuditWriter): Outages {
  return {
    ...outages,
    takeOut: (part, outage) =>
      audit.act({ who: outage.who, action: `${part.kind}.drain`, target: nameOf(part) }, async () => {
        const result = await outages.takeOut(part, outage);
        return { result, before: inService(result.before), after: inService(result.now) };
      }),
    putBack: (part, by) =>
      audit.act({ who: by.who, action: `${part.kind}.undrain`, target: nameOf(part) }, async () => {
        const result = await outages.putBack(part, by);
        if (result === null) return { result, after: { changed: false } };
        return { result, before: inService(result), after: inService(null) };
      }),
  };
}

function nameOf({ kind, name }: Part): string {
  return `${kind} ${name}`;
}

function inService(outage: Outage | null) {
  if (outage === null) return { in_service: true };
  const { by, who, reason, sinceMs } = outage;
  return { in_service: false, by, who, reason, since: new Date(sinceMs).toISOString() };
}
