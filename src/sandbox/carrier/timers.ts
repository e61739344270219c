/** SIP's timer values over UDP, RFC 3261 table 4. */

/** Estimate of the round trip. */
export const T1_MS = 500;
/** Longest pause between two repetitions. */
export const T2_MS = 4000;
/** Longest that a message stays in the network. */
export const T4_MS = 5000;
/** 64 × T1: timers B, F, H, J, L; how long the other side may go on repeating. */
export const absorbMs = 64 * T1_MS;
