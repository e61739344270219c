/** `npm run fuzz -- [requests] [seed] [connections]`: every route of a real gateway, with requests made from its OpenAPI document. */
import { findPrograms } from "../../src/local/fetch/programs.ts";
import { startTestRedis } from "../support/redis.ts";
import { fuzzedDocument, scratchRecords, startFuzzedGateway } from "./gateway.ts";
import { fuzz, reportText } from "./run.ts";

/** Bad command line: EX_USAGE of sysexits.h. */
const exitUsage = 64;
const [requests, seed, connections] = [
  [process.argv[2], 100_000],
  [process.argv[3], Date.now() % 1_000_000],
  [process.argv[4], 16],
].map(([given, standard]) => Number(given ?? standard)) as [number, number, number];
if (!(requests >= 1 && requests <= 10_000_000 && seed >= 0 && connections >= 1 && connections <= 500)) {
  process.stderr.write("usage: npm run fuzz -- [requests, at most 10000000] [seed] [connections, at most 500]\n");
  process.exit(exitUsage);
}
process.stdout.write(`seed ${seed}\n`);
const redis = await startTestRedis((await findPrograms()).redisServer);
const records = await scratchRecords();
try {
  const gateway = await startFuzzedGateway(fuzzedDocument(redis.url, records.url));
  const report = await fuzz(gateway, { seed, requests, connections, deadlineMs: 15_000 });
  process.stdout.write(`${reportText(report)}\n`);
  await gateway.stop();
  process.exitCode = report.faults.length === 0 && report.complaints === "" ? 0 : 1;
} finally {
  await redis.stop();
  await records.remove();
}
