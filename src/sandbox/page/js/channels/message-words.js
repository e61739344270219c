/** Why a message failed: reason → a title and what it means. */
export const messageFailures = {
  invalid_recipient: ["No such recipient", "The provider knows no such number, address or registration."],
  not_reachable: ["Not reachable", "The recipient does not have this service, or the device is away."],
  blocked: ["Blocked", "The recipient, the network or a filter refused the message."],
  throttled: ["Throttled", "The provider takes no more messages at the moment."],
  provider_down: ["Provider down", "The provider does not respond, or reports an error of its own."],
  rejected: ["Rejected", "The provider refused the message."],
  expired: ["Expired", "The message was not delivered in time."],
  unknown_result: ["Result unknown", "The provider's answer was lost: the message may have been sent all the same."],
  interrupted: ["Interrupted", "The gateway stopped while it was sending."],
};
