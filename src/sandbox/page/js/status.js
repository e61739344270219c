/** A verification's status, as the API names it. */

const ended = new Set(["verified", "failed", "expired", "canceled", "undeliverable"]);

/** Whether it has ended. */
export const isEnded = ({ status }) => ended.has(status);

/** "status: delivered · <channel>: <state> · reason: answered · test: true": the API's own words. */
export function apiWords({ status, channel, delivery, reason, test }) {
  const parts = [`status: ${status}`, `${channel}: ${delivery.state}`];
  return [...parts, ...(reason ? [`reason: ${reason}`] : []), ...(test ? ["test: true"] : [])].join(" · ");
}
