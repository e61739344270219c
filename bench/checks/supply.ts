/** Fresh verifications of a gateway to check: started over HTTP, their calls placed by Asterisk and over. */

import { offer } from "../calls/offer.ts";
import { callee } from "../calls/protocol.ts";
import { untilCalm } from "../support/calm.ts";
import type { Gateway } from "../support/gateway.ts";
import { checksProfile } from "../support/gateway-config.ts";
import { leanClient } from "../support/lean-client.ts";
import type { Parts } from "../support/parts.ts";

const checksPerVerification = checksProfile.verification.max_checks;
/** Two shared cores carry 210 to 290; at 400 the gateway shed load, and a round had too few after five passes. */
const startsPerSecond = 150;
const connections = 16;
/** How often verifications are started in the place of refused ones. */
const passes = 5;

export interface Supply {
  /** Starts the verifications that so many checks need, and waits until their calls are over. @throws where too many are refused */
  prepare(checks: number): Promise<void>;
  /** Id of the verification that the next check is for. @throws where more is asked for than was prepared */
  nextId(): string;
}

/** No callee is called twice by one gateway. */
export function createSupply(parts: Parts, gateway: Gateway, asteriskPid: number): Supply {
  const url = new URL("/v1/verifications", gateway.url);
  const client = leanClient(url, { authorization: `Bearer ${gateway.apiKey}` }, connections);
  parts.defer(async () => client.close());
  let firstCallee = 0;
  let ids: string[] = [];
  let taken = 0;

  /** Adds to `ids`. @returns the first refusal */
  async function start(count: number): Promise<Error | null> {
    let refusal: Error | null = null;
    const starts: Promise<void>[] = [];
    await offer(startsPerSecond, (count * 1000) / startsPerSecond, (index) => {
      const started = client.post(JSON.stringify({ to: callee(firstCallee + index) }));
      starts.push(
        started.then(
          (answer) => void ids.push((JSON.parse(answer) as { id: string }).id),
          (error: Error) => {
            refusal ??= error;
          },
        ),
      );
    });
    await Promise.all(starts);
    firstCallee += count;
    return refusal;
  }

  return {
    async prepare(checks) {
      const needed = Math.ceil(checks / checksPerVerification);
      ids = [];
      taken = 0;
      for (let pass = 0; ids.length < needed; pass++) {
        const refusal = await start(needed - ids.length);
        // A busy machine makes a gateway shed load; what is prepared is not what is measured.
        if (refusal !== null && pass === passes - 1) throw refusal;
        await untilCalm([asteriskPid]);
      }
    },
    nextId() {
      const id = ids[Math.floor(taken++ / checksPerVerification)];
      if (id === undefined) throw new Error("the bench asked for more verifications than it prepared");
      return id;
    },
  };
}
