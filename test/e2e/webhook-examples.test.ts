/** docs/webhooks.md: its examples are the files beside it, and those accept what OneRing signs and nothing else. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { runtimeDir } from "../../src/local/fetch/paths.ts";
import { retryDelaysMs } from "../../src/webhooks/retries.ts";
import { signedHeaders } from "../../src/webhooks/signature.ts";
import { ensureInterpreters, findInterpreter, type Interpreter } from "../support/fetch/interpreters.ts";

const root = path.join(import.meta.dirname, "../..");
const guide = readFileSync(path.join(root, "docs/webhooks.md"), "utf8");
const folder = path.join(root, "docs/examples/webhooks");
const secret = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
const previous = `whsec_${Buffer.from("another secret of thirty-two byt").toString("base64")}`;
const body = '{"id":"evt_v1_1","type":"verification.ended","data":{"name":"Zoë \u{1f600}"}}';

/** Each prints the event's id, or `refused`. Input: JSON {headers, body, secret}. */
const programs = {
  "verify.mjs": {
    command: process.execPath,
    args: (file: string) => [
      "--input-type=module",
      "-e",
      `import { verify } from ${JSON.stringify(file)}; import { readFileSync } from "node:fs";
       const { headers, body, secret } = JSON.parse(readFileSync(0, "utf8"));
       console.log(verify(headers, body, secret)?.id ?? "refused");`,
    ],
  },
  "verify.py": {
    command: "python3" as const,
    args: (file: string) => [
      "-c",
      `import json, sys; exec(open(${JSON.stringify(file)}).read()); g = json.load(sys.stdin)
event = verify(g["headers"], g["body"].encode(), g["secret"]); print(event["id"] if event else "refused")`,
    ],
  },
  "verify.php": {
    command: "php" as const,
    args: (file: string) => [
      "-r",
      `include ${JSON.stringify(file)}; $g = json_decode(stream_get_contents(STDIN), true);
       echo verify($g["headers"], $g["body"], $g["secret"])["id"] ?? "refused";`,
    ],
  },
};

/** Longer than any mirror takes for 3 MB; nothing to do where PHP is there. */
beforeAll(() => ensureInterpreters(runtimeDir, () => {}), 300_000);

async function runnerOf(command: string) {
  if (command === process.execPath) return { command, args: [] as readonly string[], env: {} };
  const found = await findInterpreter(runtimeDir, command as Interpreter);
  if (!found) throw new Error(`no ${command}`);
  return found;
}

describe.each(Object.entries(programs))("the example %s", (file, program) => {
  it("stands in the guide as it is", () => {
    expect(guide).toContain(readFileSync(path.join(folder, file), "utf8").trimEnd());
  });

  /** @returns what the program prints; its error too, where it does not end well or warns of something */
  const verifier = async () => {
    const runner = await runnerOf(program.command);
    return (headers: Readonly<Record<string, string>>, given = body, own = secret) => {
      const { stdout, stderr } = spawnSync(runner.command, [...runner.args, ...program.args(path.join(folder, file))], {
        input: JSON.stringify({ headers, body: given, secret: own }),
        env: { ...process.env, ...runner.env },
        encoding: "utf8",
      });
      return stdout.trim() + stderr;
    };
  };
  const message = { id: "evt_v1_1", timestampMs: Date.now(), body };

  it("accepts what is signed, and refuses another body, secret or time", async () => {
    const verify = await verifier();
    expect(verify(signedHeaders(message, [secret]))).toBe("evt_v1_1");
    // During a rotation, with either secret.
    expect(verify(signedHeaders(message, [secret, previous]), body, previous)).toBe("evt_v1_1");
    expect(verify(signedHeaders(message, [secret]), `${body} `)).toBe("refused");
    expect(verify(signedHeaders(message, [previous]))).toBe("refused");
    expect(verify(signedHeaders({ ...message, timestampMs: Date.now() - 600_000 }, [secret]))).toBe("refused");
  });

  it("refuses, and does not fail, where headers are missing or are nonsense", async () => {
    const verify = await verifier();
    const headers = signedHeaders(message, [secret]);
    expect(verify({})).toBe("refused");
    for (const name of Object.keys(headers)) {
      const { [name]: _, ...others } = headers;
      expect(verify(others)).toBe("refused");
      for (const nonsense of ["", "abc", "é", "9".repeat(400)]) {
        expect(verify({ ...headers, [name]: nonsense })).toBe("refused");
      }
    }
  });
});

it("the guide's retries are those of the code", () => {
  const words = ["5 s", "30 s", "2 min", "10 min", "30 min", "1 h", "2 h", "4 h"];
  const ms = { s: 1000, min: 60_000, h: 3_600_000 };
  expect(words.map((word) => Number.parseInt(word, 10) * ms[word.split(" ")[1] as keyof typeof ms])).toEqual(
    retryDelaysMs,
  );
  const text = guide.slice(guide.indexOf("## Retries"));
  expect(words.filter((word) => !text.includes(word))).toEqual([]);
});
