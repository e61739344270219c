import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, it } from "vitest";
import { systemClock } from "../../../src/shared/clock.ts";
import { deferred } from "../../../src/shared/deferred.ts";

it("a process that stood still reads what came meanwhile before a deadline is over", async () => {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const order: string[] = [];
  const { promise: over, resolve } = deferred<void>();
  const end = (what: string) => {
    order.push(what);
    if (order.length === 2) resolve();
  };
  systemClock.after(5, () => end("deadline"));
  const cancel = systemClock.after(5, () => end("a deadline that the answer ends"));
  socket.on("message", () => {
    cancel();
    end("answer");
  });
  socket.send("answer", socket.address().port, "127.0.0.1");
  const stalledUntilMs = performance.now() + 30;
  while (performance.now() < stalledUntilMs);
  await over;
  expect(order).toEqual(["answer", "deadline"]);
  socket.close();
});
