/** Where the far end of a dialog is by its own word, beside the way that its INVITE took. */
import { isIP } from "node:net";
import type { Target } from "../transport/port.ts";
import type { Dialog } from "./dialog.ts";

const literal = /^sips?:(?:[^@]*@)?(?:\[([0-9a-f:.]+)\]|([0-9.]+))(?::(\d{1,5}))?(?=$|[;?])/i;

/**
 * The address of Contact, over the transport of the trunk: RFC 3261 section 12.2.1.1 sends requests of a dialog without a route set
 * there.
 * @param target the one of the INVITE
 * @returns null where there is a route set, Contact has a name, or it is the same address
 */
export function directTarget({ remoteTarget, routeSet }: Dialog, target: Target): Target | null {
  if (routeSet.length > 0) return null;
  const [, ipv6, ipv4, digits] = literal.exec(remoteTarget) ?? [];
  const address = ipv6 ?? ipv4 ?? "";
  const port = Number(digits ?? (target.protocol === "tls" ? 5061 : 5060));
  if (isIP(address) === 0 || port < 1 || port > 65_535) return null;
  return address === target.address && port === target.port ? null : { ...target, address, port };
}
