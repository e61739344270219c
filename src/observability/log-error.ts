/** How an error looks in the log. */

/** Enough for any chain that people build on purpose. */
const maxCauses = 5;
/** A phone number, or something as long as one. */
const longDigits = /\+?\d{7,15}/g;
/** Node's and our own error codes; never digits alone. */
const codeShape = /^[A-Za-z][A-Za-z0-9_]{0,60}$/;

interface ErrorInLog {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
  /** Node's or a library's code, such as ECONNREFUSED. Not called `code`: that is what verification codes are called. */
  readonly errorCode?: string;
  readonly cause?: ErrorInLog;
}

/**
 * Only the fields named here: libraries hang whole commands and requests on their errors (ioredis: `command.args`), and
 * with them codes and numbers. Long runs of digits keep their last two.
 */
export function describeError(error: unknown, depth = 0): ErrorInLog {
  if (!(error instanceof Error))
    return { type: typeof error, message: "something that is no Error was thrown", stack: "" };
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
