/** `/v1/scrubs`: lists that an app has cleaned. One of another app is not found. */
import { createReadStream } from "node:fs";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyRequest } from "fastify";
import type { Scrubs } from "../../numbers/scrubs/ports.ts";
import { resultFiles } from "../../numbers/scrubs/types.ts";
import { Refusal } from "../../shared/refusal.ts";
import { appOf } from "../auth/app.ts";
import type { ProblemCode } from "../errors/problems.ts";
import { RequestRefusal } from "../errors/request-refusal.ts";
import { countryOf } from "../request-parts.ts";
import { NoBody } from "../schemas.ts";
import { scrubBody } from "./representation.ts";
import { CreateScrubBody, PieceQuery, ScrubBody, ScrubFileParams, ScrubParams, ScrubsBody } from "./schemas.ts";

const tags = ["numbers"];
const security = [{ apiKey: [] }];
const notFound = "No list has this id, or it has expired.";
/** Small enough to arrive within `http.request_timeout_ms`, and to be held in memory while it does. */
const mostPieceBytes = 1_048_576;
const piece = "application/octet-stream";

export function scrubRoutes(scrubs: Scrubs): FastifyPluginAsyncTypebox {
  return async (scope) => {
    /** Lists of which a piece is on its way: one each, because a piece is held in memory while it comes. */
    const arriving = new Map<string, FastifyRequest["raw"]>();
    const arrived = (id: string, request: FastifyRequest["raw"]) => {
      if (arriving.get(id) === request) arriving.delete(id);
    };
    scope.addContentTypeParser(piece, { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    scope.post(
      "/scrubs",
      {
        schema: {
          operationId: "createScrub",
          summary: "Begin to clean a list of numbers",
          description:
            "Then upload it in pieces (`PUT /v1/scrubs/{id}/list`) and start it. Policy, reasons and suggestions are those of lookup.",
          ...{ tags, security, body: CreateScrubBody },
          response: { 201: { ...ScrubBody, description: "It waits for its pieces." } },
        },
        config: { scope: "lookup", problems: ["rate_limited"] satisfies ProblemCode[] },
      },
      async (request, reply) => {
        const {
          name = "",
          column = null,
          format = null,
          header = null,
          keep_landlines: keepLandlines = false,
        } = request.body;
        const country = request.body.country === undefined ? null : countryOf(request.body.country);
        reply.code(201);
        return scrubBody(
          await scrubs.create(appOf(request).name, name, { column, country, format, header, keepLandlines }),
        );
      },
    );
    scope.put(
      "/scrubs/:id/list",
      {
        bodyLimit: mostPieceBytes,
        schema: {
          operationId: "uploadScrub",
          summary: "Upload a piece of a list",
          description: `At most ${mostPieceBytes} bytes of the file, as \`${piece}\`, one piece after the other. After a connection that broke ask for \`bytes\` and go on from there.`,
          consumes: [piece],
          ...{ tags, security, params: ScrubParams, querystring: PieceQuery },
          response: { 200: { ...ScrubBody, description: "With the bytes received so far." } },
        },
        config: { scope: "lookup", notFound, problems: ["conflict"] satisfies ProblemCode[] },
        // Before its body is read.
        async onRequest(request, reply) {
          const { id } = found(scrubs.find(appOf(request).name, request.params.id));
          if (arriving.has(id)) {
            throw new Refusal("conflict", "Another piece of this list is on its way; send them one after the other.");
          }
          arriving.set(id, request.raw);
          reply.raw.once("close", () => arrived(id, request.raw));
        },
        async onSend(request) {
          arrived(request.params.id, request.raw);
        },
      },
      async (request) => {
        if (!Buffer.isBuffer(request.body)) throw new RequestRefusal(415, `Send the piece as ${piece}.`);
        const { name } = appOf(request);
        return scrubBody(
          found(await scrubs.append(name, request.params.id, Number(request.query.offset), request.body)),
        );
      },
    );
    scope.post(
      "/scrubs/:id/start",
      {
        schema: {
          operationId: "startScrub",
          summary: "Clean a list that was uploaded",
          description: "It waits for its turn. Its end is the event `scrub.ended`.",
          ...{ tags, security, params: ScrubParams, body: NoBody },
          response: { 200: { ...ScrubBody, description: "As it is now; no change where it was started before." } },
        },
        config: { scope: "lookup", notFound, problems: ["conflict"] satisfies ProblemCode[] },
      },
      async (request) => scrubBody(found(await scrubs.start(appOf(request).name, request.params.id))),
    );
    scope.get(
      "/scrubs",
      {
        schema: {
          operationId: "listScrubs",
          summary: "All lists of the app",
          ...{ tags, security },
          response: { 200: { ...ScrubsBody, description: "The newest first." } },
        },
        config: { scope: "lookup" },
      },
      async (request) => ({ scrubs: scrubs.list(appOf(request).name).map(scrubBody) }),
    );
    scope.get(
      "/scrubs/:id",
      {
        schema: {
          operationId: "getScrub",
          summary: "A list: its progress, and what was found",
          ...{ tags, security, params: ScrubParams },
          response: { 200: { ...ScrubBody, description: "As it is now." } },
        },
        config: { scope: "lookup", notFound },
      },
      async (request) => scrubBody(found(scrubs.find(appOf(request).name, request.params.id))),
    );
    scope.get(
      "/scrubs/:id/files/:file",
      {
        schema: {
          operationId: "getScrubFile",
          summary: "Download a result",
          description: "CSV in UTF-8 with the list's separator (commas in place of tabs), or the counts in JSON.",
          ...{ tags, security, params: ScrubFileParams },
          response: {
            200: {
              description: "The file.",
              content: {
                "text/csv": { schema: { type: "string" } },
                "application/json": { schema: { type: "object" } },
              },
            },
          },
        },
        config: { scope: "lookup", notFound },
      },
      async (request, reply) => {
        const { id } = request.params;
        const file = found(resultFiles.find((name) => name === request.params.file) ?? null);
        const result = found(await scrubs.result(appOf(request).name, id, file));
        reply
          .type(file.endsWith(".json") ? "application/json" : "text/csv")
          .header("content-length", result.bytes)
          .header("content-disposition", `attachment; filename="${file}"`)
          .header("cache-control", "no-store");
        return reply.send(createReadStream(result.path));
      },
    );
    scope.delete(
      "/scrubs/:id",
      {
        schema: {
          operationId: "deleteScrub",
          summary: "Remove a list and its results",
          description: "Stops it where it runs.",
          ...{ tags, security, params: ScrubParams },
          response: { 204: { type: "null", description: "It is gone." } },
        },
        config: { scope: "lookup", notFound },
      },
      async (request, reply) => {
        if (!(await scrubs.remove(appOf(request).name, request.params.id))) throw new RequestRefusal(404, notFound);
        return reply.code(204).send(null);
      },
    );
  };
}

function found<T>(value: T | null): T {
  if (value === null) throw new RequestRefusal(404, notFound);
  return value;
}
