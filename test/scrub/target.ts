/** A run that is killed: as the command, but with journals so often that a short list has some. `target.ts FILE FOLDER` */
import { openList } from "../../src/numbers/cleaning/files/list.ts";
import { readPolicy } from "../../src/numbers/cleaning/policy.ts";

const [file = "", folder = ""] = process.argv.slice(2);
const policy = readPolicy(null, "ID", false);
if ("wrong" in policy) throw new Error(policy.wrong);
const list = await openList({
  ...{
    file,
    folder,
    column: "phone",
    policy,
    header: null,
    sheet: null,
    format: null,
    encoding: null,
    delimiter: null,
  },
  ...{ resume: "auto", threads: 2, mostInMemory: 5000, commitEveryMs: 100 },
});
await list.run({ signal: new AbortController().signal });
