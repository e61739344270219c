/** The ladder of one call: our gateway at the left, the far end at the right, time running down. */

/** As `GET /v1/admin/calls/{id}/trace` answers. */
export interface ShownTrace {
  readonly call_id: string;
  readonly trunk: string;
  readonly started_at: string;
  readonly callee: string;
  readonly caller_id: string;
  readonly messages: readonly {
    readonly ms: number;
    readonly direction: "in" | "out";
    readonly peer: string;
    readonly message: string;
  }[];
  readonly omitted: number;
}

const width = 46;
const timeWidth = 10;

/** @returns lines of text, each with its line break */
export function ladder(trace: ShownTrace): string {
  const { call_id: id, trunk, started_at: startedAt, caller_id: callerId, callee, messages, omitted } = trace;
  const lines = [`${id} on ${trunk}, ${startedAt}`, `${callerId} calls ${callee}`, ""];
  let peer = "";
  for (const message of messages) {
    if (message.peer !== peer) {
      // A new far end: the next target after a failure, or a fresh connection.
      peer = message.peer;
      const gap = Math.max(1, width + 2 - "gateway".length - peer.length);
      lines.push(`${" ".repeat(timeWidth)}  gateway${" ".repeat(gap)}${peer}`);
    }
    lines.push(`${message.ms.toFixed(1).padStart(timeWidth)}  ${arrow(message.direction, message.message)}`);
  }
  if (messages.length === 0) lines.push("no message was sent: no target of the trunk took the INVITE");
  if (omitted > 0) lines.push(`${" ".repeat(timeWidth)}  and ${omitted} more`);
  return `${lines.join("\n")}\n`;
}

function arrow(direction: "in" | "out", text: string): string {
  const label = ` ${text} `;
  const [left, right] = direction === "out" ? ["-".repeat(3), ">"] : [`<${"-".repeat(2)}`, "-"];
  return `|${left}${label}${"-".repeat(Math.max(0, width - 4 - label.length))}${right}|`;
}
