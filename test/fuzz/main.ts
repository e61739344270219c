/**
 * `npm run fuzz -- [requests] [seed] [connections]`: every route of a real gateway, with requests made from its OpenAPI
 * document. `npm run fuzz -- --lookup [strings] [seed] [connections]`: strings of every kind through its lookup.
 */
import path from "node:path";
import { findPrograms } from "../../src/local/fetch/programs.ts";
import { startTestRedis } from "../support/redis.ts";
import { type FuzzedGateway, fuzzedDocument, scratchRecords, startFuzzedGateway } from "./gateway.ts";
import { fuzzLookup, lookupReportText } from "./lookup.ts";
import { fuzz, reportText } from "./run.ts";

/** Bad command line: EX_USAGE of sysexits.h. */
const exitUsage = 64;
const ofLookup = process.argv[2] === "--lookup";
const given = process.argv.slice(ofLookup ? 3 : 2);
const [requests, seed, connections] = [
  [given[0], 100_000],
  [given[1], Date.now() % 1_000_000],
  [given[2], ofLookup ? 4 : 16],
].map(([given, standard]) => Number(given ?? standard)) as [number, number, number];
if (!(requests >= 1 && requests <= 10_000_000 && seed >= 0 && connections >= 1 && connections <= 500)) {
  process.stderr.write(
    "usage: npm run fuzz -- [--lookup] [requests, at most 10000000] [seed] [connections, at most 500]\n",
  );
  process.exit(exitUsage);
}
process.stdout.write(`seed ${seed}\n`);
const redis = await startTestRedis((await findPrograms()).redisServer);
const records = await scratchRecords();
try {
  const gateway = await startFuzzedGateway(
    fuzzedDocument(redis.url, records.url, { scrubs: { folder: path.join(records.folder, "lists") } }),
  );
  const isRight = await (ofLookup ? ofNumbers(gateway) : ofRoutes(gateway));
  await gateway.stop();
  process.exitCode = isRight ? 0 : 1;
} finally {
  await redis.stop();
  await records.remove();
}

async function ofRoutes(gateway: FuzzedGateway): Promise<boolean> {
  const report = await fuzz(gateway, { seed, requests, connections, deadlineMs: 15_000 });
  process.stdout.write(`${reportText(report)}\n`);
  return report.faults.length === 0 && report.complaints === "";
}

async function ofNumbers(gateway: FuzzedGateway): Promise<boolean> {
  const report = await fuzzLookup(gateway, { seed, strings: requests, connections });
  process.stdout.write(`${lookupReportText(report)}\n`);
  return report.faults.length === 0;
}
