/** Fresh verifications to check, and which of them each request is for. */
import { missedCallMachine } from "../../src/channels/missed-call/machine.ts";
import type { Config } from "../../src/config/schema.ts";
import type { Store } from "../../src/redis/index.ts";
import { createHashes } from "../../src/verification/hashes.ts";

export const app = "bench";
export const rightCode = "123456";
export const wrongCode = "654321";
/** Written at once: keeps Redis busy without a queue that would pass its deadline. */
const batch = 200;

export interface Supply {
  /** Makes ready what `requests` checks need; each verification takes `max_checks` of them. */
  prepare(requests: number): Promise<void>;
  /** The id that the next check is for. */
  nextId(): string;
}

/** @throws {Error} from `nextId` when more is asked for than was prepared */
export function createSupply(store: Store, config: Config): Supply {
  const hashes = createHashes(config.secrets.hmac_key);
  const perVerification = config.verification.max_checks;
  let prepared = 0;
  let taken = 0;

  const folder = new URL("../../src/channels/missed-call/lua/", import.meta.url);
  const channel = {
    name: "missed_call",
    machine: missedCallMachine,
    scripts: { start: new URL("start.lua", folder), next_call: new URL("next_call.lua", folder) },
  };
  const verifications = store.verifications({ verification: config.verification, apps: 1 }, [channel]);

  const start = async (index: number) => {
    const id = idOf(index);
    const to = `+4474${String(index).padStart(8, "0")}`;
    const callee = { bucket: id.slice(1, 5), hash: hashes.callee(to).hash };
    const codeHash = hashes.code(id, rightCode);
    const answer = await verifications.begin(
      {
        ...({ mode: "new", app, id, channel: "missed_call", callee, to, country: "GB" } as const),
        ...{ reference: null, metadata: null, session: null },
      },
      [1, 30_000, 1000, 600_000, `bench${index}`, codeHash, rightCode.length, "{}"],
    );
    if (answer.kind !== "begun") throw new Error(`a verification for the bench was ${answer.kind}`);
  };

  return {
    async prepare(requests) {
      // What the round before left over is not used: its checks would be those of a started verification.
      taken = prepared * perVerification;
      const end = prepared + Math.ceil(requests / perVerification);
      while (prepared < end) {
        const size = Math.min(batch, end - prepared);
        await Promise.all(Array.from({ length: size }, (_, i) => start(prepared + i)));
        prepared += size;
      }
    },
    nextId() {
      const index = Math.floor(taken++ / perVerification);
      if (index >= prepared) throw new Error("the bench asked for more verifications than it prepared");
      return idOf(index);
    },
  };
}

/** Well-formed ids, spread over the buckets as real ones are. */
function idOf(index: number): string {
  const bucket = (index & 0xffff).toString(16).padStart(4, "0");
  return `v${bucket}${String(index).padStart(22, "0")}`;
}
