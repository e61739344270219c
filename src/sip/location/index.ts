/** Assembles RFC 3263 location over the system's resolver, or name servers of one's own. */
import type { Clock } from "../../shared/clock.ts";
import { createResolver } from "../../shared/name-server.ts";
import type { Random } from "../../shared/random.ts";
import type { TransportProtocol } from "../transport/port.ts";
import { createLocator } from "./locator.ts";
import type { Locator } from "./port.ts";
import { createQuestions, type Family, type QuestionLimits } from "./questions.ts";

/** A carrier that moves is followed within a minute; its answers come within 2 s, or are waited for in the background. */
const limits: QuestionLimits = { deadlineMs: 2_000, maxOpen: 16, maxWaiting: 256, recordMs: 60_000 };
/** Of one try at one server. */
const tryMs = 700;
const tries = 2;
/** NAPTR, then SRV, then addresses. A call that waits so long for its target is late, but not yet refused by its limits. */
const locateMs = 4_000;

export function createLocation(parts: {
  /** `address` or `address:port`; empty: the system's. */
  readonly servers: readonly string[];
  /** The transports that we have; the first is taken where a name server does not say. */
  readonly protocols: readonly TransportProtocol[];
  /** The families of our own addresses, the preferred one first. */
  readonly families: readonly Family[];
  readonly random: Pick<Random, "below">;
  readonly clock: Pick<Clock, "after">;
  /** Monotonic. */
  readonly nowMs: () => number;
}): Locator {
  const { servers, families, clock } = parts;
  const nameServers = createResolver({ servers, timeoutMs: tryMs, tries });
  const questions = createQuestions({ nameServers, families, limits, clock });
  return createLocator({ ...parts, questions, deadlineMs: locateMs });
}
