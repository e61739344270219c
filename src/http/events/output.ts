/** A response as the output of an event stream. */
import type { ServerResponse } from "node:http";
import type { StreamOutput } from "../../live/output.ts";

/** @param response whose headers were sent */
export function streamOutput(response: ServerResponse): StreamOutput {
  // A write between the end of a connection and its `close` fails; `close` follows, and ends the stream.
  response.on("error", () => undefined);
  return {
    write: (frames) => void response.write(frames),
    get unread() {
      return response.writableLength;
    },
    drained() {
      if (!response.writableNeedDrain || response.destroyed) return Promise.resolve();
      return new Promise((resolve) => {
        const done = () => {
          response.off("drain", done).off("close", done);
          resolve();
        };
        response.on("drain", done).on("close", done);
      });
    },
    end: () => void response.end(),
    destroy: () => void response.destroy(),
    onClose(callback) {
      if (response.destroyed || response.closed) setImmediate(callback);
      else response.once("close", callback);
    },
  };
}
