/** WhatsApp: the code in a template message with a button that copies it. */
import { bubble, copyCode } from "../message-items.js";
import { messageView } from "./messages.js";

export const whatsapp = messageView({
  name: "whatsapp",
  title: "WhatsApp",
  noun: "WhatsApp message",
  recipient: "phone",
  inbox: {
    title: "WhatsApp",
    look: "green",
    empty: "No WhatsApp messages yet.",
    icon: "M12 3a9 9 0 0 0-7.7 13.6L3 21l4.5-1.2A9 9 0 1 0 12 3zM8.5 9.5c.5 3 3 5.5 6 6",
    item: (message) => [...bubble(message), copyCode(message)],
  },
});
