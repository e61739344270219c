/**
 * undici's client of one connection, without the rest of the package (fetch, caches, WebSocket), which would take a gateway
 * 50 ms to load. Its files are not a documented interface, so its version is pinned.
 */
import { createRequire } from "node:module";
import type { buildConnector as BuildConnector, Client as UndiciClient } from "undici";

const require = createRequire(import.meta.url);

export type Client = UndiciClient;
export const Client = require("undici/lib/dispatcher/client.js") as typeof UndiciClient;
export const buildConnector = require("undici/lib/core/connect.js") as typeof BuildConnector;
