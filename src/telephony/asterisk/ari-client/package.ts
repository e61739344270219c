/**
 * The ari-client package, with its hazards contained; see the comments below. No other file imports the package.
 *
 * Used parts: its connection (API description, credentials, WebSocket) and its operations as swagger-client builds
 * them. Its wrappers around the operations are not used because they drop the HTTP status.
 */
import { createRequire } from "node:module";
import type ari from "ari-client";
import { AriError } from "../ari/transport.ts";
import type { HttpTransport, SwaggerRequest, SwaggerResponse } from "./http-transport.ts";

/** The parts of a WebSocket (package ws) that are used here. */
export interface HeldSocket {
  on(event: string, listener: (...values: never[]) => void): unknown;
  removeAllListeners(event: string): unknown;
  ping(): void;
  terminate(): void;
  readonly readyState: number;
}

type Operation = (
  params: Record<string, unknown>,
  success: (response: SwaggerResponse) => void,
  error: (response: SwaggerResponse) => void,
) => void;

interface PackageClient {
  readonly _swagger: { readonly apis: Readonly<Record<string, Readonly<Record<string, Operation>>>> };
  readonly _ws: HeldSocket;
  start(app: string): PromiseLike<void>;
}

interface SwaggerPackage {
  readonly SwaggerApi: {
    readonly prototype: { fail: (this: { failure(message: unknown): void }, m: unknown) => void };
  };
  readonly SwaggerHttp: { readonly prototype: { execute: (request: SwaggerRequest) => void } };
}

/** The transport of the one client that may be open: the package's credentials and requests are process-wide. */
let transport: HttpTransport | null = null;
let loaded: typeof ari | null = null;

/** Loaded only for the driver that uses it: the package brings a large tree of old dependencies. */
function load(): typeof ari {
  if (loaded !== null) return loaded;
  const requireHere = createRequire(import.meta.url);
  holdSwagger(createRequire(requireHere.resolve("ari-client")));
  loaded = requireHere("ari-client") as typeof ari;
  return loaded;
}

function holdSwagger(requireOfPackage: NodeJS.Require): void {
  const swagger = requireOfPackage("swagger-client") as SwaggerPackage;
  // Its sloppy mode makes this a global; the original writes to the console and keeps every line for ever.
  (globalThis as { log?: unknown }).log = () => undefined;
  // The original calls the failure callback and then throws: out of the event loop with the package's own transport,
  // which ends the process. Ours would catch it, as the last line.
  swagger.SwaggerApi.prototype.fail = function fail(message) {
    this.failure(message);
  };
  swagger.SwaggerHttp.prototype.execute = (request) => {
    if (transport !== null) return transport.execute(request);
    request.on.error({ status: 0, statusText: "ECANCELED", data: "", obj: undefined });
  };
}

/**
 * Acquires the package for one driver. Two clients in one process would send each other's passwords.
 * @throws {Error} while another driver has it
 */
export function claimPackage(own: HttpTransport): void {
  if (transport !== null) throw new Error("ari-client: one Asterisk per process, and it is in use already");
  transport = own;
}

/** Releases it. */
export function releasePackage(own: HttpTransport): void {
  if (transport === own) transport = null;
}

/** An open client. */
export class HeldClient {
  readonly #client: PackageClient;

  private constructor(client: PackageClient) {
    this.#client = client;
  }

  /**
   * Loads Asterisk's API description.
   * @throws {AriError}
   */
  static async connect(baseUrl: string, user: string, password: string): Promise<HeldClient> {
    try {
      return new HeldClient((await load().connect(baseUrl, user, password)) as unknown as PackageClient);
    } catch (error) {
      // The package rejects with strings and with errors whose text holds URLs: keep neither.
      throw new AriError(0, (error as NodeJS.ErrnoException | null)?.code ?? "EPROTO");
    }
  }

  /**
   * Opens the WebSocket and removes the package's handlers, which throw on malformed JSON and unknown event types and
   * stop reconnecting after 43 s.
   */
  openSocket(app: string): HeldSocket {
    // Its promise settles through the handlers that are kept (open) or removed (error) here: there is nothing to wait for.
    Promise.resolve(this.#client.start(app)).catch(() => undefined);
    const socket = this.#client._ws;
    for (const event of ["message", "close", "error"]) socket.removeAllListeners(event);
    return socket;
  }

  /**
   * Runs an operation of ARI, such as `channels`, `originate`.
   * @returns the parsed body of the response
   * @throws {AriError}
   */
  run(resource: string, operation: string, params: Record<string, unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const run = this.#client._swagger.apis[resource]?.[operation];
      if (run === undefined) throw new AriError(0, "ENOSYS");
      const failed = ({ status, statusText }: SwaggerResponse) =>
        reject(new AriError(status, statusText, statusText !== "ECONNREFUSED"));
      run({ ...params }, (response) => resolve(response.obj), failed);
    });
  }
}
