/** What can go wrong with AMI, told apart by what it means for a request. All else means: it may or may not have worked. */

/** Asterisk answered, and said no. `message` is its own. */
export class AmiRefusal extends Error {
  override readonly name = "AmiRefusal";
}

/** Nothing left for Asterisk: there is no login, or a value was not fit to be sent. */
export class AmiNotSent extends Error {
  override readonly name = "AmiNotSent";
}

/** There was no answer in time. */
export class AmiTimeout extends Error {
  override readonly name = "AmiTimeout";
}
