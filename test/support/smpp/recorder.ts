/** A TCP proxy that records what passes, as a pcap file: what a capture on the wire would have, without the rights for one. */
import net from "node:net";

interface Chunk {
  readonly connection: number;
  readonly fromClient: boolean;
  readonly bytes: Buffer;
}

export interface Recorder {
  readonly port: number;
  /** A capture of all so far (libpcap format): IPv4 packets between 127.0.0.1 and 127.0.0.2, the server on port 2775. */
  pcap(): Buffer;
  close(): Promise<void>;
}

/** SMPP's own port (IANA): the dissector knows it by that. */
const smppPort = 2775;

export async function startRecorder(targetPort: number): Promise<Recorder> {
  const chunks: Chunk[] = [];
  const sockets = new Set<net.Socket>();
  let connections = 0;
  const server = net.createServer((client) => {
    connections += 1;
    const connection = connections;
    const upstream = net.connect(targetPort, "127.0.0.1");
    const pass = (from: net.Socket, to: net.Socket, fromClient: boolean) => {
      sockets.add(from);
      from.on("data", (bytes) => {
        chunks.push({ connection, fromClient, bytes });
        to.write(bytes);
      });
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.end();
      });
    };
    pass(client, upstream, true);
    pass(upstream, client, false);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    pcap: () => writePcap(chunks),
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** LINKTYPE_IPV4: packets begin with the IP header. */
const linkType = 228;
const ipOctets = 20;
const tcpOctets = 20;
/** Fits into the 16 bits of an IP packet's length. */
const largestSegment = 60_000;

function writePcap(chunks: readonly Chunk[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(0x40000, 16);
  header.writeUInt32LE(linkType, 20);
  const next = new Map<string, number>();
  const packets = chunks.flatMap(({ connection, fromClient, bytes }, index) => {
    const split: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += largestSegment) split.push(bytes.subarray(at, at + largestSegment));
    return split.map((part) => {
      const [own, other] = [`${connection}${fromClient}`, `${connection}${!fromClient}`];
      const sequence = next.get(own) ?? 1;
      next.set(own, sequence + part.length);
      return packet(connection, fromClient, sequence, next.get(other) ?? 1, part, index);
    });
  });
  return Buffer.concat([header, ...packets]);
}

function packet(connection: number, fromClient: boolean, sequence: number, ack: number, data: Buffer, index: number) {
  const bytes = Buffer.alloc(16 + ipOctets + tcpOctets);
  const length = ipOctets + tcpOctets + data.length;
  bytes.writeUInt32LE(1_800_000_000 + Math.floor(index / 1000), 0);
  bytes.writeUInt32LE((index % 1000) * 1000, 4);
  bytes.writeUInt32LE(length, 8);
  bytes.writeUInt32LE(length, 12);
  const ip = bytes.subarray(16);
  ip.writeUInt8(0x45, 0);
  ip.writeUInt16BE(length, 2);
  ip.writeUInt8(64, 8);
  ip.writeUInt8(6, 9);
  const [client, server] = [
    [127, 0, 0, 1],
    [127, 0, 0, 2],
  ] as const;
  ip.set(fromClient ? client : server, 12);
  ip.set(fromClient ? server : client, 16);
  const tcp = ip.subarray(ipOctets);
  const clientPort = 40_000 + connection;
  tcp.writeUInt16BE(fromClient ? clientPort : smppPort, 0);
  tcp.writeUInt16BE(fromClient ? smppPort : clientPort, 2);
  tcp.writeUInt32BE(sequence, 4);
  tcp.writeUInt32BE(ack, 8);
  tcp.writeUInt16BE(0x5018, 12);
  tcp.writeUInt16BE(0xffff, 14);
  return Buffer.concat([bytes, data]);
}
