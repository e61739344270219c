/** Which signed results were redeemed. The script is in lua/. */
import type { ProofStore } from "../proofs/store-port.ts";
import { redeemedKey } from "./keys.ts";
import type { Reply, RunScript } from "./run.ts";

export function createProofStore(run: RunScript): ProofStore {
  return {
    async redeem(verification, by, rememberMs) {
      const [first] = (await run("proof_redeem", redeemedKey(verification), [by, Math.ceil(rememberMs)])) as Reply;
      return first === 1;
    },
  };
}
