/** A session of the ari-client package: requests by HTTP, events by its WebSocket. */
import type { AriSession, HangupReason, OriginateParameters, PlayParameters } from "../ari/transport.ts";
import type { HeldClient, HeldSocket } from "./package.ts";

export class AriClientSession implements AriSession {
  readonly #client: HeldClient;
  readonly #socket: HeldSocket;

  constructor(client: HeldClient, socket: HeldSocket) {
    this.#client = client;
    this.#socket = socket;
  }

  async originate({ variables, ...parameters }: OriginateParameters): Promise<void> {
    const body = variables === undefined ? {} : { body: JSON.stringify({ variables }) };
    await this.#client.run("channels", "originate", { ...parameters, ...body });
  }

  async play(parameters: PlayParameters): Promise<void> {
    await this.#client.run("channels", "playWithId", { ...parameters });
  }

  async stopPlayback(_channelId: string, playbackId: string): Promise<void> {
    await this.#client.run("playbacks", "stop", { playbackId });
  }

  async getPlayback(_channelId: string, playbackId: string): Promise<void> {
    await this.#client.run("playbacks", "get", { playbackId });
  }

  async hangUp(channelId: string, reason?: HangupReason): Promise<void> {
    await this.#client.run("channels", "hangup", reason === undefined ? { channelId } : { channelId, reason });
  }

  async getChannel(channelId: string): Promise<void> {
    await this.#client.run("channels", "get", { channelId });
  }

  async setEventFilter(app: string, filter: object): Promise<void> {
    await this.#client.run("applications", "filter", { applicationName: app, body: JSON.stringify(filter) });
  }

  ping(): void {
    this.#socket.ping();
  }

  terminate(): void {
    this.#socket.terminate();
  }
}
