/** Derives a trunk's health from Asterisk's lists. */
import type { ManagerMessage } from "../asterisk/ami/session.ts";

/** `why` is for operators: /readyz, doctor, logs. */
export interface TrunkHealth {
  readonly usable: boolean;
  readonly why: string;
  /** The carrier did not answer the last OPTIONS: another probe may succeed. */
  readonly silent?: true;
  /** The carrier answered Asterisk's last OPTIONS. */
  readonly answers?: true;
}

/**
 * Judges one endpoint. Only definite information makes it unusable: a contact that is not qualified
 * (`NonQualified`, `Unknown`) may be reachable.
 * @param endpoint name of the PJSIP endpoint
 * @param details events of `PJSIPShowEndpoint`; null: Asterisk has no such endpoint
 * @param registrations events of `PJSIPShowRegistrationsOutbound`
 */
export function judgeEndpoint(
  endpoint: string,
  details: readonly ManagerMessage[] | null,
  registrations: readonly ManagerMessage[],
): TrunkHealth {
  if (details === null) return { usable: false, why: `Asterisk has no endpoint ${endpoint}` };
  const contacts = details.filter((event) => event.event === "ContactStatusDetail");
  if (contacts.length === 0) return { usable: false, why: "the endpoint has no contact" };
  if (contacts.every((contact) => contact.status === "Unreachable")) {
    return { usable: false, why: "the carrier does not answer OPTIONS", silent: true };
  }
  const registration = registrations.find((event) => isRegistrationOf(endpoint, event));
  if (registration !== undefined && registration.status !== "Registered") {
    return { usable: false, why: `registration with the carrier: ${String(registration.status)}` };
  }
  const answers = contacts.some((contact) => contact.status === "Reachable");
  return { usable: true, why: "up", ...(answers ? { answers } : {}) };
}

/**
 * Whether a registration is this endpoint's: it says so, or its name does. FreePBX gives both the same name,
 * res_pjsip_config_wizard appends `-reg-0`, our own configuration `-registration`.
 */
function isRegistrationOf(endpoint: string, event: ManagerMessage): boolean {
  if (event.event !== "OutboundRegistrationDetail") return false;
  if (event.endpoint === endpoint) return true;
  const name = String(event.objectname);
  return name.startsWith(endpoint) && /^(-reg(istration)?(-\d+)?)?$/.test(name.slice(endpoint.length));
}
