/**
 * What `npm test` does before the tests: the build, the types and the lint one after the other, each of which takes all cores,
 * and beside them the fetch of the tests' programs, which mostly waits for the package archive.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";

/** Runs a script of package.json. @returns whether it ended well */
async function passes(script: string, ...args: string[]): Promise<boolean> {
  const npm = spawn("npm", ["run", "-s", script, ...args], { stdio: ["ignore", "inherit", "inherit"] });
  const [code] = await once(npm, "exit");
  if (code !== 0) process.stderr.write(`npm run ${script} failed\n`);
  return code === 0;
}

async function passInTurn(...scripts: string[]): Promise<boolean> {
  for (const script of scripts) if (!(await passes(script))) return false;
  return true;
}

const [isSound, isFetched] = await Promise.all([
  passInTurn("build", "check:types", "check:lint"),
  passes("runtime", "--", "--for-tests"),
]);
process.exitCode = isSound && isFetched ? 0 : 1;
