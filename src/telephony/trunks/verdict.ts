/**
 * The evidence of a call's end about the trunk that carried it.
 * - `good`: the trunk worked.
 * - `trunk_failed`: the trunk's own evidence; no callee can cause it: no response to INVITE, nothing could be sent, the
 *   connection broke before a response.
 * - `call_failed`: a final response of the 5xx kind. It may be the trunk's fault, or that of this one destination.
 * - `nothing`: the call is no evidence.
 */
export type TrunkVerdict = "good" | "trunk_failed" | "call_failed" | "nothing";
