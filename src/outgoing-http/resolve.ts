/**
 * Resolves a name and checks its addresses in one step, as the `lookup` of the connection itself: what was checked is what
 * is connected to, so a name that resolves differently a moment later (DNS rebinding) gains nothing.
 */
import { type LookupAddress, lookup as systemLookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { isAllowedAddress } from "./addresses.ts";
import { OutgoingHttpError } from "./failure.ts";

/** All addresses of a name, as `dns.lookup` with `all` gives them. */
export type Resolve = (
  name: string,
  done: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

/** The operating system's: /etc/hosts included, and the same that every other program uses. */
export const systemResolve: Resolve = (name, done) => systemLookup(name, { all: true }, done);

/** More than any service has; a name with thousands would be tried one by one. */
const maxAddresses = 16;

/** A `lookup` for net, tls and http2 that fails where any of the name's addresses is not allowed. */
export function checkedLookup(resolve: Resolve, allowPrivate: boolean): LookupFunction {
  return (name, options, done) => {
    resolve(name, (error, found) => {
      if (error !== null) return done(error, []);
      const addresses = found.slice(0, maxAddresses);
      const [first] = addresses;
      if (first === undefined) return done(Object.assign(new Error("no address"), { code: "ENOTFOUND" }), []);
      // One that is not allowed condemns the name: an honest service has no address in our networks beside public ones.
      if (!addresses.every(({ address }) => isAllowedAddress(address, allowPrivate))) {
        return done(new OutgoingHttpError("forbidden_address", name, { sent: false }), []);
      }
      if (options.all) return done(null, addresses);
      done(null, first.address, first.family);
    });
  };
}

/** An address as host of a URL: it is not looked up, so it is checked here. @throws {OutgoingHttpError} */
export function checkUrl(url: URL, allowPrivate: boolean): void {
  const { protocol, hostname, username, password } = url;
  const isHttp = protocol === "https:" || (protocol === "http:" && allowPrivate);
  if (!isHttp || username !== "" || password !== "") {
    throw new OutgoingHttpError("forbidden_url", hostname, { sent: false });
  }
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  if (isIP(address) !== 0 && !isAllowedAddress(address, allowPrivate)) {
    throw new OutgoingHttpError("forbidden_address", hostname, { sent: false });
  }
}
