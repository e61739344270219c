/** `npm run fuzz -- --lookup [strings] [seed] [connections]`: strings of every kind through the lookup of a real gateway. */
import { chanceOf } from "./dice.ts";
import { type ApiDocument, parsed, readDocument } from "./document.ts";
import { type FuzzedGateway, keys } from "./gateway.ts";
import { numberText } from "./number-texts.ts";
import { type Reply, Wire } from "./wire.ts";

export interface LookupFuzzReport {
  readonly seed: number;
  readonly strings: number;
  readonly seconds: number;
  readonly statuses: ReadonlyMap<string, number>;
  /** Of answers with a result: how many numbers were valid. */
  readonly valid: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
  /** What was wrong, with the request that showed it. */
  readonly faults: readonly string[];
}

const mostFaults = 20;
const deadlineMs = 5000;
/** The schema's bound, and past that of a body. */
const [usualLength, greatLength] = [64, 70_000];
const greatShare = 0.001;
/** Numbers that were read are asked for again: an answer must not change what it says of itself. */
const againShare = 0.05;

export async function fuzzLookup(
  gateway: Pick<FuzzedGateway, "port" | "hasEnded" | "complaints">,
  options: { readonly seed: number; readonly strings: number; readonly connections: number },
): Promise<LookupFuzzReport> {
  const { seed, strings, connections } = options;
  const document = await fetch(`http://127.0.0.1:${gateway.port}/openapi.json`).then(async (answer) =>
    readDocument(await answer.text()),
  );
  const judge = judgeOf(document);
  const statuses = new Map<string, number>();
  const times = new Float64Array(strings);
  const faults: string[] = [];
  let [next, valid] = [0, 0];
  const beganAt = performance.now();

  async function client(): Promise<void> {
    const wire = new Wire(gateway.port);
    const ask = async (body: object) => {
      const answer = await wire.exchange(requestOf(body), false, true, deadlineMs);
      const wrong = typeof answer === "string" ? `no answer: ${answer}` : judge(answer);
      if (wrong !== null) faults.push(`${wrong}: ${JSON.stringify(body).slice(0, 500)}`);
      return answer;
    };
    while (next < strings && faults.length < mostFaults && !gateway.hasEnded()) {
      const at = next++;
      const chance = chanceOf(seed, at);
      const body = numberText(chance, chance.chance(greatShare) ? greatLength : usualLength);
      const sentAt = performance.now();
      const answer = await ask(body);
      times[at] = performance.now() - sentAt;
      const status = typeof answer === "string" ? answer : String(answer.status);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const first = resultOf(answer);
      if (first?.valid !== true) continue;
      valid++;
      if (!chance.chance(againShare)) continue;
      const second = resultOf(await ask({ number: first.number }));
      if (second?.number !== first.number || second?.type !== first.type || second?.country !== first.country)
        faults.push(
          `asked again by its number it is another one: ${JSON.stringify([body, first, second]).slice(0, 1000)}`,
        );
    }
    wire.close();
  }

  await Promise.all(Array.from({ length: connections }, client));
  if (gateway.hasEnded()) faults.push("the gateway has ended");
  if (gateway.complaints() !== "") faults.push(`the gateway logged: ${gateway.complaints().slice(0, 2000)}`);
  const sorted = times.subarray(0, next).sort();
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    ...{ seed, strings: next, seconds: (performance.now() - beganAt) / 1000, statuses, valid, faults },
    ...{ p50Ms: quantile(0.5), p99Ms: quantile(0.99), longestMs: sorted.at(-1) ?? 0 },
  };
}

/** Null where nothing is wrong: a documented answer that contradicts itself nowhere. */
function judgeOf(document: ApiDocument): (reply: Reply) => string | null {
  const operation = document.operations.find(({ id }) => id === "lookupNumber") ?? null;
  return (reply) => {
    const wrong = document.judge(operation, reply);
    if (wrong !== null) return wrong;
    const result = resultOf(reply);
    if (result === null) return null;
    const isWhole = typeof result.number === "string" && /^\+[1-9]\d{6,14}$/.test(result.number);
    if (result.number !== null && !isWhole) return "a number that is not in E.164";
    if (result.valid && !isWhole) return "a valid number without E.164";
    return result.callable && !result.valid ? "callable and not valid" : null;
  };
}

interface Result {
  readonly number: string | null;
  readonly valid: boolean;
  readonly callable: boolean;
  readonly type: string;
  readonly country: string | null;
}

function resultOf(reply: Reply | string): Result | null {
  return typeof reply === "string" || reply.status !== 200 ? null : (parsed(reply.body) as Result);
}

function requestOf(body: object): Buffer {
  const content = Buffer.from(JSON.stringify(body));
  const head = [
    "POST /v1/numbers/lookup HTTP/1.1",
    "host: 127.0.0.1",
    `authorization: Bearer ${keys.shop}`,
    "content-type: application/json",
    `content-length: ${content.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), content]);
}

/** For people. */
export function lookupReportText(report: LookupFuzzReport): string {
  const { seed, strings, seconds, statuses, valid, p50Ms, p99Ms, longestMs, faults } = report;
  const each = [...statuses].sort().map(([status, count]) => `${status}: ${count}`);
  const ms = (time: number) => `${time.toFixed(2)} ms`;
  return [
    `seed ${seed}: ${strings} strings in ${seconds.toFixed(1)} s, ${faults.length} faults`,
    `  ${each.join("  ")}; ${valid} valid numbers`,
    `  p50 ${ms(p50Ms)}, p99 ${ms(p99Ms)}, longest ${ms(longestMs)}`,
    ...faults,
  ].join("\n");
}
