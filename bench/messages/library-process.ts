/** The loop that only submits: what the SMPP client itself costs. */
import { callee } from "../calls/protocol.ts";
import { bindToSink } from "./library.ts";
import { bareText, type Submit } from "./protocol.ts";

const send = await bindToSink(Number(process.env.BENCH_SINK_PORT));

process.on("message", ({ messages, window }: Submit) => {
  let next = 0;
  const loop = async () => {
    while (next < messages) {
      next += 1;
      await send(callee(next), bareText(String(100_000 + (next % 900_000))));
    }
  };
  // A message that is not taken ends the process, and with it the bench.
  void Promise.all(Array.from({ length: window }, loop));
});
process.send?.({ type: "ready" });
process.on("disconnect", () => process.exit(0));
