/** What the outcomes of a call mean. */

/** A reason beside `undeliverable` → a title and what it means. */
export const outcomes = {
  busy: ["Busy", "The carrier answered 486: the callee is on another call. Try again in a minute."],
  declined: ["Declined before ringing", "The carrier rejected the call. The callee may block unknown callers."],
  no_answer_signal: [
    "No ringing",
    "No ringing signal within the set-up limit: the phone may be switched off or out of coverage.",
  ],
  unallocated: ["No such number", "The carrier answered 404: the number is not assigned. Check the number."],
  invalid_format: ["Invalid number format", "The carrier could not route the number in this format."],
  changed: ["Number changed", "The carrier reports that this number was replaced by another one."],
  switched_off: ["Switched off", "The carrier reports that the phone is switched off or out of coverage."],
  barred: ["Call barred", "The network does not allow this call to that number."],
  caller_id_refused: ["Caller ID rejected", "The carrier rejected the caller ID of this call."],
  congestion: ["Congestion", "The carrier answered 503: no free channel. Try again, preferably over another trunk."],
  trunk_down: ["Trunk unreachable", "The call could not be sent to the carrier."],
  interrupted: ["Interrupted", "The gateway or Asterisk stopped during the call."],
  canceled: ["Canceled", "The call was canceled before the phone rang."],
  unknown: ["Failed", "The carrier ended the call with a cause that does not describe the number."],
};

/** A reason beside a delivery that is `rung` → what the person has to know. */
export const notes = {
  answered: "The call was answered, so OneRing hung up at once. The caller ID is in the call log: the code is valid.",
  declined: "The call was declined while it rang. The caller ID is in the call log: the code is valid.",
  interrupted: "The gateway lost track of the call after the phone had rung: the code is valid.",
};

export const betweenCalls = {
  tone: "",
  title: "The first call reached the phone",
  text: "Its digits come first. A second call follows in a few seconds, from another number.",
};
