/** Which start tokens were used. The scripts are in lua/. */
import type { StartTokenUses, UseAnswer } from "../tokens/uses-port.ts";
import { startTokenKey } from "./keys.ts";
import type { Reply, RunScript } from "./run.ts";

export function createStartTokenUses(run: RunScript): StartTokenUses {
  return {
    async take({ token, by }, ttlMs, maxTries, isAllowed) {
      const args = [by, ttlMs, maxTries, isAllowed ? 1 : 0];
      const [answer] = (await run("start_token_take", startTokenKey(token), args)) as Reply;
      return answer as UseAnswer;
    },
    async allow({ token, by }) {
      await run("start_token_settle", startTokenKey(token), [by, "allow"]);
    },
    async giveBack({ token, by }) {
      await run("start_token_settle", startTokenKey(token), [by, "give_back"]);
    },
  };
}
