/** Why a request has no valid key, as far as its own header says: of a key that was sent nothing more is told. */
import { Refusal } from "../../shared/refusal.ts";

/** @param kind of the key that is needed, such as `API key` */
export function unauthorized(authorization: string | undefined, kind: string): Refusal {
  const send = `send a valid ${kind} as \`Authorization: Bearer <key>\`.`;
  if (authorization === undefined) return new Refusal("unauthorized", `No \`Authorization\` header was sent; ${send}`);
  if (!/^bearer /i.test(authorization)) {
    return new Refusal("unauthorized", `The \`Authorization\` header does not begin with \`Bearer \`; ${send}`);
  }
  return new Refusal("unauthorized", `The key in the \`Authorization\` header is not valid; ${send}`);
}
