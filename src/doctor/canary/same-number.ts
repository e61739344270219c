/** Carriers use different formats of the called number, but its end is the same: six digits must agree. */
export function endsAlike(a: string, b: string): boolean {
  const end = (text: string) => text.replace(/\D/g, "").slice(-6);
  return end(a).length === 6 && end(a) === end(b);
}
