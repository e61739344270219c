/** Errors of AMI, by their meaning for a request. After any other error the request may or may not have been executed. */

/** Asterisk refused the request. `message` is Asterisk's own. */
export class AmiRefusal extends Error {
  override readonly name = "AmiRefusal";
}

/** Nothing was sent to Asterisk: not logged in, or a value was invalid. */
export class AmiNotSent extends Error {
  override readonly name = "AmiNotSent";
}

/** No answer before the deadline. */
export class AmiTimeout extends Error {
  override readonly name = "AmiTimeout";
}
