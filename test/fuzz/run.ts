/** A run: requests made from a seed, sent to a gateway over several connections, each answer judged. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { bytesOf, isWhole } from "./bytes.ts";
import { chanceOf } from "./dice.ts";
import { type ApiDocument, parsed, readDocument } from "./document.ts";
import { type FuzzedGateway, keys } from "./gateway.ts";
import { mutations } from "./mutations.ts";
import { createValues, type Draft, type Seen } from "./values.ts";
import { type NoReply, type Reply, Wire } from "./wire.ts";

export interface FuzzOptions {
  readonly seed: number;
  readonly requests: number;
  readonly connections: number;
  /** Longest time for an answer. Above all deadlines of the gateway that a request can wait for here. */
  readonly deadlineMs: number;
}

export interface Fault {
  /** The number of the request within the run. */
  readonly request: number;
  readonly what: string;
  readonly mutations: readonly string[];
  /** The request's bytes, as JSON text. */
  readonly sent: string;
  readonly answer: string;
}

export interface FuzzReport {
  readonly seed: number;
  readonly requests: number;
  readonly seconds: number;
  readonly faults: readonly Fault[];
  /** How often each operation gave each status. */
  readonly statuses: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly longestMs: number;
  readonly complaints: string;
}

/** Then the run ends: what follows is mostly the same. */
const mostFaults = 20;
const mostIds = 300;
const mutatedShare = 0.65;
const mostMutations = 3;
/** Clients that do not wait for their answer. */
const leavingShare = 0.01;
const shownChars = 1500;

/** @throws {Error} where the gateway has no document */
export async function fuzz(gateway: FuzzedGateway, options: FuzzOptions): Promise<FuzzReport> {
  const { seed, requests, connections, deadlineMs } = options;
  const document = await fetchDocument(gateway.port);
  const receiver = createServer((_request, response) => void response.writeHead(204).end());
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const ids = new Map<string, string[]>([
    ["trunks", ["a", "nothing"]],
    ["asterisks", ["pbx"]],
    ["apps", ["shop", "shop", "bank"]],
  ]);
  const appKeys: string[] = [keys.shop];
  const [tokens, proofs]: [string[], string[]] = [[], []];
  const cursors: string[] = [];
  const seen: Seen = {
    ...{ ids, cursors, proofs, codes: ["123456", "123456", "123456", "654321", "1234", "12345678"] },
    keys: { app: appKeys, tokens, other: keys.bank, operator: keys.operator },
    receiverUrl: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`,
  };
  const values = createValues(document, seen, seed);
  const faults: Fault[] = [];
  const statuses = new Map<string, Map<string, number>>();
  const beganAt = performance.now();
  let next = 0;
  let longestMs = 0;

  async function client(): Promise<void> {
    const wire = new Wire(gateway.port);
    while (next < requests && faults.length < mostFaults && !gateway.hasEnded()) {
      const request = next++;
      const { draft, applied, leavesAfterMs } = draftOf(request);
      const bytes = bytesOf(draft);
      if (leavesAfterMs !== null) {
        await wire.leave(bytes, leavesAfterMs);
        continue;
      }
      const sentAt = performance.now();
      const answer = await wire
        .exchange(bytes, draft.method === "HEAD", isWhole(draft), deadlineMs)
        .catch((): NoReply => "closed");
      longestMs = Math.max(longestMs, performance.now() - sentAt);
      const name = draft.operation?.id ?? "(no operation)";
      const status = typeof answer === "string" ? answer : String(answer.status);
      const ofOperation = statuses.get(name) ?? new Map<string, number>();
      statuses.set(name, ofOperation.set(status, (ofOperation.get(status) ?? 0) + 1));
      const what = typeof answer === "string" ? `no answer: ${answer}` : document.judge(draft.operation, answer);
      if (what !== null)
        faults.push({ request, what, mutations: applied, sent: shown(bytes), answer: shownAnswer(answer) });
      else if (typeof answer !== "string") learn(draft, answer);
    }
    wire.close();
  }

  function draftOf(request: number) {
    const chance = chanceOf(seed, request);
    const draft = values.draft(chance.pick(document.operations), chance);
    const applied: string[] = [];
    const wanted = chance.chance(mutatedShare) ? 1 + chance.below(mostMutations) : 0;
    while (applied.length < wanted) {
      const mutation = chance.pick(mutations);
      if (mutation.apply(draft, chance)) applied.push(mutation.name);
    }
    const leavesAfterMs = chance.chance(leavingShare) ? chance.below(4) : null;
    return { draft, applied, leavesAfterMs };
  }

  /** Ids and cursors of what exists, so that later requests reach it. */
  function learn({ operation }: Draft, { status, body }: Reply): void {
    if (operation === null || status >= 300 || !body.startsWith("{")) return;
    const answer = parsed(body) as Record<string, unknown> | undefined;
    // An export has an object on each line.
    if (answer === undefined) return;
    if (typeof answer.next === "string") keep(cursors, answer.next);
    // A key of any app and scopes. The first one stays: most requests should have one that may do everything.
    if (typeof answer.key === "string") keep(appKeys, answer.key, 1);
    if (typeof answer.proof_token === "string") keep(proofs, answer.proof_token);
    // Of a client, or for a start.
    if (typeof answer.token === "string") keep(tokens, answer.token);
    const segment = operation.path.split("/").findLast((part) => part !== "" && !part.startsWith("{")) ?? "";
    const list = answer[segment];
    for (const one of Array.isArray(list) ? list : [answer]) {
      const { id, name } = one as { id?: unknown; name?: unknown };
      const found = id ?? name;
      if (typeof found !== "string" || (operation.method !== "POST" && !Array.isArray(list))) continue;
      const known = ids.get(segment) ?? [];
      ids.set(segment, known);
      keep(known, found);
    }
  }

  try {
    await Promise.all(Array.from({ length: connections }, client));
    const faultOfGateway = (what: string) => faults.push({ request: next, what, mutations: [], sent: "", answer: "" });
    if (gateway.hasEnded()) faultOfGateway("the gateway has ended");
    else await fetchDocument(gateway.port).catch(() => faultOfGateway("the gateway does not answer any more"));
  } finally {
    receiver.close();
    receiver.closeAllConnections();
  }
  const seconds = (performance.now() - beganAt) / 1000;
  return { seed, requests: next, seconds, faults, statuses, longestMs, complaints: gateway.complaints() };
}

/** @param fixed how many of the first ones are never dropped */
function keep(list: string[], value: string, fixed = 0): void {
  if (!list.includes(value)) list.push(value);
  if (list.length > mostIds) list.splice(fixed, 1);
}

async function fetchDocument(port: number): Promise<ApiDocument> {
  const response = await fetch(`http://127.0.0.1:${port}/openapi.json`, { signal: AbortSignal.timeout(5000) });
  return readDocument(await response.text());
}

const shown = (bytes: Buffer) => JSON.stringify(bytes.toString("latin1")).slice(0, shownChars);
const shownAnswer = (answer: Reply | NoReply) =>
  typeof answer === "string" ? answer : `${answer.status} ${answer.body.slice(0, shownChars)}`;

/** For people: the seed, what was answered, and each fault with the request that showed it. */
export function reportText(report: FuzzReport): string {
  const { seed, requests, seconds, longestMs, faults, statuses, complaints } = report;
  const rows = [...statuses].sort().map(([name, counts]) => {
    const each = [...counts].sort().map(([status, count]) => `${status}: ${count}`);
    return `  ${name.padEnd(24)} ${each.join("  ")}`;
  });
  const found = faults.map(
    (one) =>
      `#${one.request} ${one.what}\n  after: ${one.mutations.join(", ") || "no mutation"}\n  sent: ${one.sent}\n  answer: ${one.answer}`,
  );
  return [
    `seed ${seed}: ${requests} requests in ${seconds.toFixed(1)} s, longest answer ${Math.round(longestMs)} ms, ${faults.length} faults`,
    ...rows,
    ...found,
    ...(complaints === "" ? [] : ["the gateway logged:", complaints]),
  ].join("\n");
}
