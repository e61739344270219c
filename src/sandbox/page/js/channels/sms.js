/** SMS: the code in a text message. */
import { bubble } from "../message-items.js";
import { messageView } from "./messages.js";

export const sms = messageView({
  name: "sms",
  title: "SMS",
  noun: "text message",
  recipient: "phone",
  inbox: {
    title: "Messages",
    empty: "No text messages yet.",
    icon: "M4 5h16v11H10l-4 4v-4H4z",
    item: bubble,
  },
});
