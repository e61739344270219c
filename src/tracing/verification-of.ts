/** The verification of an attempt's id (verification/ids.ts), as a span's attribute. */
export function verificationOf(attemptId: string): string {
  return attemptId.slice(0, Math.max(0, attemptId.lastIndexOf("-")));
}
