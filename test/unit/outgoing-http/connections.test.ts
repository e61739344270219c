/** Which connections are kept, opened and waited for; clients that connect nowhere. */
import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { createConnections } from "../../../src/outgoing-http/connections.ts";
import type { Client } from "../../../src/outgoing-http/undici.ts";

class Opened extends EventEmitter {
  readonly origin: string;
  destroyed = false;
  constructor(origin: string) {
    super();
    this.origin = origin;
  }
  async destroy() {
    this.destroyed = true;
  }
}

function pool(mostOfOrigin: number, most: number) {
  const opened: Opened[] = [];
  const open = (origin: string) => {
    const one = new Opened(origin);
    opened.push(one);
    return one as unknown as Client;
  };
  const connections = createConnections({ open, mostOfOrigin, most });
  const got: Client[] = [];
  return {
    ...{ connections, opened, got },
    take: (origin: string) => connections.take(origin, (client) => void got.push(client)),
    originsOf: () => got.map((client) => (client as unknown as Opened).origin),
  };
}

it("uses the connection again that was given back last", () => {
  const { connections, take, got, opened } = pool(9, 9);
  take("a");
  take("a");
  const [first, second] = got as [Client, Client];
  connections.giveBack(first);
  connections.giveBack(second);
  take("a");
  expect(got[2]).toBe(second);
  expect(opened).toHaveLength(2);
});

it("lets no more than its bound run for one host, and serves who waits in turn", () => {
  const { connections, opened, got } = pool(1, 9);
  const turns: number[] = [];
  for (const turn of [1, 2, 3]) {
    connections.take("a", (client) => {
      turns.push(turn);
      got.push(client);
    });
  }
  expect(turns).toEqual([1]);
  connections.giveBack(got[0] as Client);
  connections.giveBack(got[0] as Client);
  expect(turns).toEqual([1, 2, 3]);
  expect(opened).toHaveLength(1);
});

it("does not serve who waits no longer", () => {
  const { connections, take, got } = pool(1, 9);
  take("a");
  const stop = take("a");
  take("a");
  stop();
  connections.giveBack(got[0] as Client);
  expect(got).toHaveLength(2);
  connections.giveBack(got[0] as Client);
  expect(got).toHaveLength(2);
});

it("at its bound over all hosts it closes what has been idle, and lets others wait for what runs", () => {
  const { connections, take, got, opened, originsOf } = pool(9, 2);
  take("a");
  take("b");
  connections.giveBack(got[0] as Client);
  take("c");
  expect(opened[0]?.destroyed).toBe(true);
  take("d");
  expect(originsOf()).toEqual(["a", "b", "c"]);
  connections.giveBack(got[2] as Client);
  expect(originsOf()).toEqual(["a", "b", "c", "d"]);
  expect(opened[2]?.destroyed).toBe(true);
  take("e");
  connections.drop(got[1] as Client);
  expect(originsOf()).toEqual(["a", "b", "c", "d", "e"]);
});

it("keeps no connection that its server closed, and counts it no longer", () => {
  const { connections, take, got, opened } = pool(1, 1);
  take("a");
  connections.giveBack(got[0] as Client);
  opened[0]?.emit("disconnect");
  take("a");
  expect(opened).toHaveLength(2);
  // In use: its request says what became of it.
  opened[1]?.emit("disconnect");
  expect(opened[1]?.destroyed).toBe(false);
  connections.drop(got[1] as Client);
  connections.drop(got[1] as Client);
  take("a");
  expect(got).toHaveLength(3);
});
