/** Values of calling codes, found by the digits of a number without cutting them out. */

const mostCodes = 1000;
const mostDigits = 3;
const zero = 48;

export interface CodeTable<Value> {
  /** @param code ITU-T E.164: one to three digits, none begins with 0, and none is the beginning of another */
  set(code: string, value: Value): void;
  /** How many digits the number's calling code has; 0: it is none of these. @param e164 with the plus sign */
  digitsOf(e164: string): number;
  /** @param digits as `digitsOf` gives them, not 0 */
  get(e164: string, digits: number): Value;
}

export function createCodeTable<Value>(): CodeTable<Value> {
  // Dense: what is not set is null, and an index is within it.
  const values: ({ readonly value: Value } | null)[] = new Array(mostCodes).fill(null);
  const indexOf = (e164: string, digits: number): number => {
    let code = 0;
    for (let at = 1; at <= digits; at++) code = code * 10 + e164.charCodeAt(at) - zero;
    return code;
  };
  return {
    set(code, value) {
      values[Number(code)] = { value };
    },
    digitsOf(e164) {
      const most = Math.min(mostDigits, e164.length - 1);
      let code = 0;
      for (let digits = 1; digits <= most; digits++) {
        code = code * 10 + e164.charCodeAt(digits) - zero;
        if (code === 0) return 0;
        if (values[code] != null) return digits;
      }
      return 0;
    },
    get: (e164, digits) => (values[indexOf(e164, digits)] as { readonly value: Value }).value,
  };
}
