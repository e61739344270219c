/** The part of the asterisk-manager package that we use; it brings no types. */
declare module "asterisk-manager" {
  import type { NetConnectOpts } from "node:net";

  /** A block of `Key: value` lines, keys in lower case; a repeated key makes a list. */
  export type ManagerMessage = Readonly<Record<string, unknown>>;

  export interface Manager {
    /** Every received block. The package's own listener would emit further events. */
    on(event: "rawevent", listener: (message: ManagerMessage) => void): void;
    on(event: "close" | "error", listener: () => void): void;
    emit(event: string, refused: ManagerMessage | undefined, message: ManagerMessage): void;
    removeAllListeners(event: string): void;
    /** `port` is passed unchanged to Node's `net.createConnection`, which accepts options there. */
    connect(port: NetConnectOpts, host: string, connected: () => void): void;
    login(done: (refused?: ManagerMessage) => void): void;
    action(
      action: Record<string, string>,
      done: (refused: ManagerMessage | undefined, message: ManagerMessage) => void,
    ): void;
    disconnect(): void;
  }

  /** Does not connect by itself where `port` is null. */
  export default function createManager(
    port: number | null,
    host: string,
    username: string,
    password: string,
    events: boolean,
  ): Manager;
}
