/** E-mail: the code in a mail, in plain text and in HTML. */
import { mail } from "../message-items.js";
import { messageView } from "./messages.js";

export const email = messageView({
  name: "email",
  title: "E-mail",
  noun: "mail",
  recipient: "email",
  inbox: {
    title: "Mail",
    empty: "No mail yet.",
    icon: "M3 6h18v12H3zM3 7l9 7 9-7",
    item: mail,
  },
});
