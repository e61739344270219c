/** `/v1/decisions` and `/v1/lists`: what the guard decided, and whom an app does not want to reach. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { gatewayCaps } from "../../guard/caps.ts";
import type { DecisionRow, DecisionStore } from "../../guard/decisions.ts";
import { type ListEntry, shownValue } from "../../guard/lists/entry.ts";
import type { ListService } from "../../guard/lists/service.ts";
import { Refusal } from "../../shared/refusal.ts";
import { rfc3339, rfc3339OrNull } from "../../verification/representation.ts";
import { appOf } from "../auth/app.ts";
import { visibleApp } from "../auth/caller.ts";
import { operatorOf } from "../auth/operator.ts";
import type { ProblemCode } from "../errors/problems.ts";
import { RequestRefusal } from "../errors/request-refusal.ts";
import { rangeOf } from "../request-parts.ts";
import { neverShed } from "../server/under-pressure.ts";
import {
  BlockBody,
  DecisionsBody,
  DecisionsQuery,
  ListEntryBody,
  ListEntryRequest,
  ListPageBody,
  ListParams,
  ListQuery,
  OwnListQuery,
} from "./schemas.ts";

export interface GuardRoutesParts {
  /** Null: there are entries of the configuration alone. */
  readonly lists: ListService | null;
  /** Null: nothing is recorded. */
  readonly decisions: Pick<DecisionStore, "read"> | null;
  /** Names of rules that apps do not see, and what they see instead. */
  readonly hidden: ReadonlyMap<string, string>;
}

const tags = ["guard"];
const noEntry = "There is no entry with this id.";
const changing: readonly ProblemCode[] = ["conflict", "records_unavailable"];

/** For apps. @param operators whether there are operators' keys */
export function guardRoutes(
  { lists, decisions, hidden }: GuardRoutesParts,
  operators: boolean,
): FastifyPluginAsyncTypebox {
  const security: Record<string, string[]>[] = [{ apiKey: [] }];
  const both = [...security, ...(operators ? [{ operatorKey: [] }] : [])];

  return async (scope) => {
    scope.get(
      "/decisions",
      {
        schema: {
          operationId: "listDecisions",
          summary: "What the guard decided",
          description:
            "Newest first: denials, what would have been denied, warnings; all decisions with `guard.decisions: all`. Written about a second after the decision, and kept as long as detail records. An operator sees those of all apps.",
          ...{ tags, security: both, querystring: DecisionsQuery },
          response: { 200: { ...DecisionsBody, description: "A page of them." } },
        },
        config: {
          ...{ scope: "read", alsoOperators: true, atOnce: "records" },
          problems: ["forbidden", "records_unavailable"],
        },
      },
      async (request) => {
        if (decisions === null) throw notRecorded();
        const { app, rule, from, to, cursor = null, limit = "100", ...asked } = request.query;
        const { fromMs, toMs: untilMs } = rangeOf({ from, to }, "querystring");
        const visible = visibleApp(request, app);
        const names = request.app === null ? new Map<string, string>() : hidden;
        const filter = {
          ...asked,
          ...(rule !== undefined && { rules: rulesNamed(rule, names) }),
          ...(visible !== null && { app: visible }),
          ...(fromMs !== undefined && { fromMs }),
          ...(untilMs !== undefined && { untilMs }),
        };
        const { rows, next } = await decisions.read(filter, cursor, Number(limit));
        const shown = request.app === null ? rows : rows.map(ofApp);
        return { decisions: shown.map((row) => decisionBody(row, names)), next };
      },
    );
    scope.post(
      "/lists",
      {
        schema: {
          operationId: "blockRecipient",
          summary: "Block a recipient for your app",
          description:
            "No delivery of your app goes to it any more, at every gateway within a second. Only operators add to allow lists: your app's limits are theirs.",
          ...{ tags, security, body: BlockBody },
          response: { 201: { ...ListEntryBody, description: "The entry." } },
        },
        config: { scope: "verify", problems: changing },
      },
      async (request, reply) => {
        const { name: app } = appOf(request);
        const { value, reason = null, expires_at: end = null } = request.body;
        const expiresAtMs = end === null ? null : Date.parse(end);
        const entry = await listsOf(lists).add(`app ${app}`, { list: "block", app, value, reason, expiresAtMs });
        reply.code(201);
        return entryBody(entry);
      },
    );
    scope.get(
      "/lists",
      {
        schema: {
          operationId: "listOwnEntries",
          summary: "Your app's entries of block and allow lists",
          ...{ tags, security, querystring: OwnListQuery },
          response: { 200: { ...ListPageBody, description: "A page of them." } },
        },
        config: { scope: ["verify", "read"], atOnce: "records", problems: ["records_unavailable"] },
      },
      async (request) => {
        const { cursor = null, limit = "100" } = request.query;
        return pageBody(await listsOf(lists).page({ app: appOf(request).name }, cursor, Number(limit)));
      },
    );
    scope.delete(
      "/lists/:id",
      {
        schema: {
          operationId: "unblockRecipient",
          summary: "Remove an entry of your app",
          ...{ tags, security, params: ListParams },
          response: { 204: { type: "null", description: "It is removed." } },
        },
        config: { scope: "verify", notFound: noEntry, problems: changing },
      },
      async (request, reply) => {
        const { name: app } = appOf(request);
        if ((await listsOf(lists).remove(`app ${app}`, request.params.id, app)) === null) {
          throw new RequestRefusal(404, noEntry);
        }
        return reply.code(204).send(null);
      },
    );
  };
}

/** For operators: entries of all apps. */
export function adminListRoutes({ lists }: GuardRoutesParts): FastifyPluginAsyncTypebox {
  const security = [{ operatorKey: [] }];

  return async (scope) => {
    scope.post(
      "/lists",
      {
        schema: {
          operationId: "addListEntry",
          summary: "Add to a block or allow list",
          description:
            "For all apps or one, at every gateway within a second. The most specific matching entry applies; on a tie, the block list wins.",
          ...{ tags, security, body: ListEntryRequest },
          response: { 201: { ...ListEntryBody, description: "The entry." } },
        },
        config: { ...neverShed, problems: changing },
      },
      async (request, reply) => {
        const { list, app = null, value, reason = null, expires_at: end = null } = request.body;
        const expiresAtMs = end === null ? null : Date.parse(end);
        const entry = await listsOf(lists).add(operatorOf(request), { list, app, value, reason, expiresAtMs });
        reply.code(201);
        return entryBody(entry);
      },
    );
    scope.get(
      "/lists",
      {
        schema: {
          operationId: "listEntries",
          summary: "Entries of block and allow lists",
          description:
            "Those that were added here or by apps; those that are defined in the configuration are not among them.",
          ...{ tags, security, querystring: ListQuery },
          response: { 200: { ...ListPageBody, description: "A page of them." } },
        },
        config: { ...neverShed, problems: ["records_unavailable"] },
      },
      async (request) => {
        const { cursor = null, limit = "100", ...filter } = request.query;
        return pageBody(await listsOf(lists).page(filter, cursor, Number(limit)));
      },
    );
    scope.delete(
      "/lists/:id",
      {
        schema: {
          operationId: "removeListEntry",
          summary: "Remove an entry",
          ...{ tags, security, params: ListParams },
          response: { 204: { type: "null", description: "It is removed." } },
        },
        config: { ...neverShed, notFound: noEntry, problems: changing },
      },
      async (request, reply) => {
        const removed = await listsOf(lists).remove(operatorOf(request), request.params.id, null);
        if (removed === null) throw new RequestRefusal(404, noEntry);
        return reply.code(204).send(null);
      },
    );
  };
}

function notRecorded(): Refusal {
  return new Refusal("records_unavailable", "This gateway keeps none (`records.url: off`).");
}

/** @throws {Refusal} `records_unavailable` */
function listsOf(lists: ListService | null): ListService {
  if (lists === null) throw notRecorded();
  return lists;
}

function entryBody({ createdAtMs, expiresAtMs, value, ...entry }: ListEntry) {
  const times = { created_at: rfc3339(createdAtMs), expires_at: rfc3339OrNull(expiresAtMs) };
  return { ...entry, value: shownValue(value), ...times };
}

function pageBody({ entries, next }: Awaited<ReturnType<ListService["page"]>>) {
  return { entries: entries.map(entryBody), next };
}

/** Without what all apps together have sent, and for how much. */
function ofApp(row: DecisionRow): DecisionRow {
  return gatewayCaps.has(row.rule ?? "") ? { ...row, figures: [] } : row;
}

/** The rules that are shown with this name. */
function rulesNamed(shown: string, names: ReadonlyMap<string, string>): readonly string[] {
  const behind = [...names].flatMap(([rule, name]) => (name === shown ? [rule] : []));
  return names.has(shown) ? behind : [shown, ...behind];
}

function decisionBody(
  { id, atMs, mode, figures, rule, recipient: _recipient, ...row }: DecisionRow,
  names: ReadonlyMap<string, string>,
) {
  return {
    ...{ id, at: rfc3339(atMs), begins: mode },
    ...row,
    rule: rule === null ? null : (names.get(rule) ?? rule),
    figures: figures.map(({ name, limit, count, windowSeconds }) => {
      return { name, limit, count, window_seconds: windowSeconds };
    }),
  };
}
