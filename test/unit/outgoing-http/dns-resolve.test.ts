/** Names that users bring are resolved by name servers, in the event loop: a server that does not answer holds up nobody else. */
import { createHook } from "node:async_hooks";
import { createSocket, type Socket } from "node:dgram";
import type { LookupAddress } from "node:dns";
import { afterEach, expect, it } from "vitest";
import { createDnsResolve, resolveForUsers } from "../../../src/outgoing-http/dns-resolve.ts";
import type { Resolve } from "../../../src/outgoing-http/resolve.ts";
import { systemResolve } from "../../../src/outgoing-http/resolve.ts";

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

const [typeA, typeAaaa] = [1, 28];
const [noError, serverFailure, noName] = [0, 2, 3];

interface Said {
  readonly code?: number;
  /** Bytes of the addresses. */
  readonly addresses?: readonly (readonly number[])[];
}

/** A name server on loopback. @param say null: it does not answer */
async function nameServer(say: (type: number) => Said | null): Promise<string> {
  const socket = createSocket("udp4");
  sockets.push(socket);
  socket.on("message", (query, { port, address }) => {
    const nameEnd = query.indexOf(0, 12) + 1;
    const type = query.readUInt16BE(nameEnd);
    const said = say(type);
    if (said === null) return;
    const { code = noError, addresses = [] } = said;
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(0x8180 | code, 2);
    header.writeUInt16BE(addresses.length, 6);
    header.writeUInt32BE(0, 8);
    const records = addresses.map((bytes) => {
      const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length]);
      return Buffer.concat([record, Buffer.from(bytes)]);
    });
    socket.send(Buffer.concat([header, query.subarray(12, nameEnd + 4), ...records]), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return `127.0.0.1:${socket.address().port}`;
}

function resolved(resolve: Resolve, name: string): Promise<readonly LookupAddress[] | string> {
  return new Promise((settle) => {
    resolve(name, (error, addresses) => settle(error === null ? addresses : String(error.code)));
  });
}

const four = { addresses: [[192, 0, 2, 7]] };
const six = { addresses: [[0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 7]] };

it.each<[string, Said, Said, unknown]>([
  [
    "both kinds of addresses, IPv4 first",
    four,
    six,
    [
      { address: "192.0.2.7", family: 4 },
      { address: "2001:db8::7", family: 6 },
    ],
  ],
  ["one kind", four, {}, [{ address: "192.0.2.7", family: 4 }]],
  ["one kind, though the other question failed", { code: serverFailure }, six, [{ address: "2001:db8::7", family: 6 }]],
  ["no address", {}, {}, "ENOTFOUND"],
  ["no such name", { code: noName }, { code: noName }, "ENOTFOUND"],
  ["a server that fails", { code: serverFailure }, { code: serverFailure }, "EAI_AGAIN"],
])("%s", async (_what, a, aaaa, expected) => {
  const server = await nameServer((type) => (type === typeA ? a : type === typeAaaa ? aaaa : null));
  expect(await resolved(createDnsResolve([server]), "hook.example.com")).toEqual(expected);
});

it("names whose server does not answer hold no thread of the process", async () => {
  const silent = await nameServer(() => null);
  const types: string[] = [];
  const hook = createHook({ init: (_id, type) => void types.push(type) }).enable();
  const resolve = createDnsResolve([silent]);
  const all = Promise.all(Array.from({ length: 50 }, (_, i) => resolved(resolve, `hook-${i}.example.com`)));
  hook.disable();
  expect(types).not.toContain("GETADDRINFOREQWRAP");
  expect(new Set(await all)).toEqual(new Set(["EAI_AGAIN"]));
}, 20_000);

it("names in the operator's own networks are the operating system's to resolve, others are not", () => {
  expect(resolveForUsers(true)).toBe(systemResolve);
  expect(resolveForUsers(false)).not.toBe(systemResolve);
});
