/** What the primary and its processes say to each other over their channel. */
import type { SharedState } from "../telephony/sip-trunks/shared-registration.ts";

/** `metrics`: a snapshot. `reload`: done, by whom. `trace`: the messages of a call. */
export type Question = "metrics" | "reload" | "trace";

export type FromProcess =
  /** It reads messages from now on; those before are lost (node:cluster has a listener of its own). */
  | { readonly type: "receiving" }
  /** It listens, and has tried to reach Redis and the carriers. */
  | { readonly type: "serving"; readonly url: string }
  /** It cannot start, and ends. */
  | { readonly type: "failed"; readonly why: string }
  /** To all others. `id` is its own count. */
  | { readonly type: "ask"; readonly id: number; readonly what: Question; readonly argument: string }
  /** Null: it cannot answer. */
  | { readonly type: "answer"; readonly id: number; readonly text: string | null }
  | { readonly type: "registration"; readonly trunk: string; readonly state: SharedState }
  /** By this name its own SIP calls are known to the others. */
  | { readonly type: "gateway"; readonly name: string };

export type ToProcess =
  | { readonly type: "stop" }
  /** Reload the configuration, of all. */
  | { readonly type: "reload"; readonly by: string }
  /** It is the one that registers accounts, from now on until it ends. */
  | { readonly type: "registrar" }
  | { readonly type: "question"; readonly id: number; readonly what: Question; readonly argument: string }
  | { readonly type: "answers"; readonly id: number; readonly texts: readonly string[] }
  /** The process that had this name has ended. */
  | { readonly type: "ended"; readonly gateway: string }
  | { readonly type: "registration"; readonly trunk: string; readonly state: SharedState };
