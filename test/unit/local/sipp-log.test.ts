import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createLogReader, parseMessageLog } from "../../support/sipp-log.ts";

const DASHES = "-----------------------------------------------";
const MESSAGE =
  "INVITE sip:+1@h SIP/2.0\r\nFrom: <sip:+2@h>;tag=1\r\nVia: a\r\nVia: b\r\n\r\nv=0\r\nm: not a header\r\n";

test.each([
  ["3.8", `${DASHES} 2026-11-22T03:27:09.342227Z`],
  ["3.6", `${DASHES} 2026-11-22\t05:27:09.342227\t1795318029.342227`],
])("reads the log of SIPp %s", (_, line) => {
  const [message] = parseMessageLog(`${line}\nUDP message received [99] bytes :\n\n${MESSAGE}\n`);
  expect(message).toMatchObject({ direction: "received", method: "INVITE", status: 0 });
  expect(message?.atMs).toBeCloseTo(1795318029342.227, 2);
  expect(message?.header("from")).toEqual(["<sip:+2@h>;tag=1"]);
  expect(message?.header("Via")).toEqual(["a", "b"]);
  expect(message?.header("m")).toEqual([]);
});

test("tells responses from requests", () => {
  const entry = `${DASHES} 2026-11-22T03:27:09.342227Z\nTCP message sent [9] bytes:\n\nSIP/2.0 180 Ringing\n\n`;
  expect(parseMessageLog(entry)[0]).toMatchObject({ direction: "sent", method: "", status: 180 });
});

test("follows a log that grows, whatever piece of a message was written when it looked", async () => {
  const dir = await mkdtemp(path.join(tmpdir(), "onering-log-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  const file = path.join(dir, "messages.log");
  const read = createLogReader(file);
  expect(await read()).toEqual([]);
  const entries = [1, 2, 3].map(
    (number) =>
      `${DASHES} 2026-11-22T03:27:0${number}.000000Z\nUDP message received [9] bytes :\n\nBYE sip:+${number}@h SIP/2.0\nX: y\n\n`,
  );
  const log = entries.join("");
  const half = (entries[0] ?? "").length + 70;
  await appendFile(file, log.slice(0, half));
  await Promise.all([read(), read()]);
  await appendFile(file, log.slice(half));
  expect((await read()).map((message) => message.startLine)).toEqual([1, 2, 3].map((n) => `BYE sip:+${n}@h SIP/2.0`));
  expect(await read()).toHaveLength(3);
});
