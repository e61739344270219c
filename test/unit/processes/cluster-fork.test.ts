/** What a fork of node:cluster says of itself, with a worker that the test speaks for. */
import { EventEmitter } from "node:events";
import { beforeEach, expect, test, vi } from "vitest";
import { clusterFork } from "../../../src/processes/cluster-fork.ts";
import type { FromProcess } from "../../../src/processes/messages.ts";

class Worker extends EventEmitter {
  process: { pid: number | undefined } = { pid: 7 };
  isConnected = () => false;
}

let worker: Worker;
vi.mock("node:cluster", () => ({ default: { SCHED_RR: 2, setupPrimary: () => undefined, fork: () => worker } }));

const settle = () => new Promise((resolve) => setImmediate(resolve));
let heard: unknown[];
beforeEach(() => {
  worker = new Worker();
  heard = [];
});

function fork() {
  clusterFork("script", [])(1, {
    message: (message: FromProcess) => heard.push(message),
    exited: (code, signal) => heard.push([code, signal]),
  });
}

test("its end is told once its last message was read", async () => {
  fork();
  worker.emit("exit", null, "SIGKILL");
  await settle();
  expect(heard).toEqual([]);
  worker.emit("disconnect");
  await settle();
  expect(heard).toEqual([[null, "SIGKILL"]]);
});

test("its end is told where its channel stays open, because a program that it started has it", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  try {
    fork();
    worker.emit("exit", null, "SIGKILL");
    await vi.advanceTimersByTimeAsync(1000);
    await settle();
    expect(heard).toEqual([[null, "SIGKILL"]]);
  } finally {
    vi.useRealTimers();
  }
});

test("a message that its end made impossible to send is no end of the primary", async () => {
  fork();
  worker.emit("error", new Error("write EPIPE"));
  // A promise that rejects unseen would fail this file.
  await settle();
  expect(heard).toEqual([]);
  worker.emit("disconnect");
  worker.emit("exit", 1, null);
  await settle();
  expect(heard).toEqual([[1, null]]);
});

test("one that the machine has no file descriptor for has ended, with the reason", async () => {
  worker.process.pid = undefined;
  fork();
  worker.emit("error", new Error("spawn EMFILE"));
  worker.emit("error", new Error("channel closed"));
  await settle();
  expect(heard).toEqual([{ type: "failed", why: "spawn EMFILE" }, [null, null]]);
});
