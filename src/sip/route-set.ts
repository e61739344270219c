/** Routes that far ends give us (Record-Route, Service-Route, Path), as far as requests of ours can carry them. */
import { readAddress, splitValues } from "./header.ts";
import { headersOf, type ParsedMessage } from "./message.ts";
import { isWritableUri, isWritableValue } from "./write.ts";

export interface RouteSet {
  /** In the order of the message. */
  readonly routes: readonly string[];
  /** How many values were left out: control characters (a quoted NUL is none to the parser), no SIP URI, or far too long. */
  readonly refused: number;
}

/** One that fills a datagram, or a whole head, would have each request refused. */
const maxRoute = 512;

/** @param most as many as an honest far end has; those behind it are left out */
export function readRoutes(message: Pick<ParsedMessage, "headers">, name: string, most: number): RouteSet {
  const values = headersOf(message, name).flatMap(splitValues).slice(0, most);
  const routes = values.filter(isRoute);
  return { routes, refused: values.length - routes.length };
}

function isRoute(value: string): boolean {
  if (value.length > maxRoute || !isWritableValue(value)) return false;
  const uri = readAddress(value)?.uri ?? "";
  return /^sips?:/i.test(uri) && isWritableUri(uri);
}
