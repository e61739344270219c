/** Call control over two WebSockets to each Asterisk, for requests and events alike. */

import type { CallControl } from "../../call-control/port.ts";
import { AriDriver, type AriDriverParts } from "../ari/driver.ts";
import { WebSocketTransport } from "./transport.ts";

export function createAriWebSocketDriver(parts: AriDriverParts): CallControl {
  return new AriDriver(parts, new WebSocketTransport(parts.asterisk, parts.clock));
}
