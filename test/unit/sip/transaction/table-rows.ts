/** Each event in each state of a machine, over UDP and over TCP. */
import { expect, it } from "vitest";

export type Protocol = "udp" | "tcp";
/** Next state, what is sent, what the user hears. */
export type Row = readonly [state: string, sent: readonly string[], heard?: readonly string[]];
type Matrix<Event extends string> = Readonly<Record<string, Readonly<Record<Event, Row>>>>;

export interface Machine {
  readonly state: () => string;
  readonly sent: () => readonly string[];
  readonly heard: () => readonly string[];
  readonly act: (event: string) => void;
  readonly left: () => readonly [size: number, timers: number];
}

export function check<Event extends string>(
  make: (protocol: Protocol) => Machine,
  ways: Readonly<Record<string, readonly string[]>>,
  matrices: Readonly<Record<Protocol, Matrix<Event>>>,
): void {
  const rows = (["udp", "tcp"] as const).flatMap((protocol) =>
    Object.entries(matrices[protocol]).flatMap(([state, events]) =>
      Object.entries(events).map(([event, row]) => [protocol, state, event, row as Row] as const),
    ),
  );
  it.each(rows)("%s, %s: %s → %j", (protocol, state, event, [next, sent, heard = []]) => {
    const machine = make(protocol);
    for (const step of ways[state] ?? []) machine.act(step);
    expect(machine.state()).toBe(state);
    const before = [machine.sent().length, machine.heard().length] as const;
    machine.act(event);
    expect([machine.state(), machine.sent().slice(before[0]), machine.heard().slice(before[1])]).toEqual([
      next,
      sent,
      heard,
    ]);
    if (next === "terminated") expect(machine.left()).toEqual([0, 0]);
  });
}

export const passed = (event: string) => (/^\d+ ms$/.test(event) ? Number(event.split(" ")[0]) : null);
