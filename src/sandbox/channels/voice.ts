/** Voice: calls over the simulated carrier, which the simulated phone answers. */
import type { SandboxChannel } from "./channel.ts";

/** Long enough for a person or a script to answer; everything else as in production. */
export const voice: SandboxChannel = { needsMedia: true, config: { voice: { ring_ms: 30_000 } } };
