/** DKIM as another implementation sees it: dkimpy, with the DNS records given. */
import { spawn } from "node:child_process";
import { runtimeDir } from "../../src/local/fetch/paths.ts";
import { findInterpreter } from "./fetch/interpreters.ts";
import { findMailPrograms } from "./fetch/mail-programs.ts";

const script = `
import dkim, json, sys
records = json.loads(sys.argv[1])
def txt(name, timeout=5):
    found = records.get(name.decode().rstrip("."))
    return None if found is None else found.encode()
print("valid" if dkim.verify(sys.stdin.buffer.read(), dnsfunc=txt) else "invalid")
`;

/** @param message with CRLF @param records TXT records by name, without a dot at the end */
export async function verifyDkim(message: Buffer, records: Readonly<Record<string, string>>): Promise<boolean> {
  const [python, programs] = [await findInterpreter(runtimeDir, "python3"), await findMailPrograms(runtimeDir)];
  if (python === undefined || programs === undefined) {
    throw new Error("python3 or dkimpy is not here yet: run `npm run runtime -- --for-tests`");
  }
  const child = spawn(python.command, [...python.args, "-c", script, JSON.stringify(records)], {
    env: { ...process.env, ...python.env, PYTHONPATH: programs.pythonPath },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (data) => {
    output += data;
  });
  child.stderr.on("data", (data) => {
    errors += data;
  });
  child.stdin.end(message);
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`dkimpy failed: ${errors.slice(-1000)}`);
  return output.trim() === "valid";
}
