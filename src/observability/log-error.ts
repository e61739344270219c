/** An error's representation in the log. */

/** Bounds a chain of causes. */
const maxCauses = 5;
/** A phone number, or a digit string of that length. */
const longDigits = /\+?\d{7,15}/g;
/** Node's and our own error codes; never digits alone. */
const codeShape = /^[A-Za-z][A-Za-z0-9_]{0,60}$/;

interface ErrorInLog {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
  /** Node's or a library's code, such as ECONNREFUSED. Not named `code`, which is the key of verification codes. */
  readonly errorCode?: string;
  readonly cause?: ErrorInLog;
}

/**
 * Only the fields named here: libraries attach whole commands and requests to their errors (ioredis: `command.args`), and
 * with them codes and numbers. Of 7 to 15 digits in a row only the last two are kept.
 */
export function describeError(error: unknown, depth = 0): ErrorInLog {
  if (!(error instanceof Error))
    return { type: typeof error, message: "a value that is not an Error was thrown", stack: "" };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: maskNumbers(error.message),
    stack: maskNumbers(error.stack ?? ""),
    ...(typeof code === "string" && codeShape.test(code) && { errorCode: code }),
    ...(error.cause !== undefined && depth < maxCauses && { cause: describeError(error.cause, depth + 1) }),
  };
}

function maskNumbers(text: string): string {
  return text.replaceAll(longDigits, (digits) => `…${digits.slice(-2)}`);
}
