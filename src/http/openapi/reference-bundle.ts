/**
 * Worker thread: takes Scalar's browser bundle out of its Fastify plugin and compresses it. The plugin holds the bundle as a
 * string of 5 MB in its module; in a thread of its own that delays no call and is freed when the thread ends.
 */
import { parentPort } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import scalar from "@scalar/fastify-api-reference";
import { fastify } from "fastify";

const server = fastify();
await server.register(scalar, { routePrefix: "/reference", configuration: { url: "/openapi.json" } });
const { statusCode, rawPayload } = await server.inject("/reference/js/scalar.js");
if (statusCode !== 200) throw new Error(`@scalar/fastify-api-reference has no js/scalar.js: HTTP ${statusCode}`);
await server.close();
parentPort?.postMessage(gzipSync(rawPayload));
