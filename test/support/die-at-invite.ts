/** Loaded into a gateway by `--import`: it is killed by the kernel as it returns from the write of its first INVITE. */
import { Socket as UdpSocket } from "node:dgram";
import { Socket as TcpSocket } from "node:net";

const { send } = UdpSocket.prototype;
UdpSocket.prototype.send = function (this: UdpSocket, ...args: unknown[]) {
  Reflect.apply(send, this, args);
  dieAfter(args[0]);
} as typeof send;

const { write } = TcpSocket.prototype;
TcpSocket.prototype.write = function (this: TcpSocket, ...args: unknown[]) {
  const written = Reflect.apply(write, this, args);
  dieAfter(args[0]);
  return written;
} as typeof write;

function dieAfter(data: unknown): void {
  if (Buffer.isBuffer(data) || typeof data === "string") {
    if (data.toString().startsWith("INVITE ")) process.kill(process.pid, "SIGKILL");
  }
}
