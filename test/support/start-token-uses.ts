/** Uses of start tokens in memory, by the rules of lua/start_token_take.lua. */
import type { StartTokenUses } from "../../src/tokens/uses-port.ts";

export function memoryUses(): StartTokenUses {
  const kept = new Map<string, { by: string | null; allowed: boolean; uses: number; begun: number }>();
  return {
    async take({ token, by }, _ttlMs, maxTries, isAllowed) {
      const known = kept.get(token) ?? { by: null, allowed: false, uses: 0, begun: 0 };
      kept.set(token, known);
      if (known.by !== null) {
        if (known.by !== by) return "used";
        if (!known.allowed) return "busy";
        known.begun++;
        return "repeated";
      }
      if (known.uses >= maxTries) return "used";
      Object.assign(known, { by, allowed: isAllowed, uses: known.uses + 1, begun: 1 });
      return "taken";
    },
    async allow({ token, by }) {
      const known = kept.get(token);
      if (known?.by === by) known.allowed = true;
    },
    async giveBack({ token, by }) {
      const known = kept.get(token);
      if (known?.by === by && --known.begun <= 0) known.by = null;
    },
  };
}
