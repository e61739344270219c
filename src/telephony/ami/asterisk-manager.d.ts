/** The part of the asterisk-manager package that we use; it brings no types. */
declare module "asterisk-manager" {
  /** A block of `Key: value` lines, keys in lower case; a repeated key makes a list. */
  export type ManagerMessage = Readonly<Record<string, unknown>>;

  export interface Manager {
    on(event: string, listener: (message: ManagerMessage) => void): void;
    removeAllListeners(event: string): void;
    connect(port: number, host: string, connected: () => void): void;
    login(done: (refused?: ManagerMessage) => void): void;
    action(
      action: Record<string, string>,
      done: (refused: ManagerMessage | undefined, m: ManagerMessage) => void,
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
