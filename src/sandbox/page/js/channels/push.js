/** Push: the code in a notification of the app. */
import { notification } from "../message-items.js";
import { messageView } from "./messages.js";

export const push = messageView({
  name: "push",
  title: "Push",
  noun: "notification",
  recipient: "device",
  inbox: {
    title: "Notifications",
    tab: "Alerts",
    empty: "No notifications yet.",
    icon: "M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 20.5h4",
    item: notification,
  },
});
