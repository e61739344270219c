/**
 * Calls scripts, and the commands of busy paths, over the connection of an ioredis client, past its command objects: those cost a gateway more for each call
 * than it spends on all else of a check. Connecting, handshake, Sentinel and reconnecting stay with ioredis, and its own
 * commands go over the same connection: a call takes its place in the client's queue of commands that wait for replies.
 *
 * What this relies on is not in ioredis' documentation, so its version is pinned.
 */
import type { Socket } from "node:net";
import type { Redis } from "ioredis";
import { type CommandBytes, createCommandBytes } from "./command-bytes.ts";
import { createDecoder, type DecodedReply } from "./decoder.ts";
import type { KnownScript } from "./known-script.ts";
import type { Together } from "./together.ts";

export interface ScriptCalls {
  /**
   * @param refusal makes what is thrown of the error, which has the text of Redis' or says that there was no answer in time;
   * left out: the error itself
   */
  call(script: KnownScript, key: string, args: readonly (string | number)[], refusal?: Refuse): Promise<DecodedReply>;
  /** The same of a script that takes several keys, with the arguments of each in their order. */
  callAll(script: KnownScript, keys: readonly string[], args: readonly (string | number)[]): Promise<DecodedReply>;
  /** A command that changes nothing of the connection: its name, and what follows. */
  command(words: readonly (string | number)[]): Promise<DecodedReply>;
}

/** Writes the words of one command. */
type Write = (bytes: CommandBytes) => void;
/** Makes what is thrown of an error. */
type Refuse = (error: Error) => Error;

/** Of ioredis' queue of commands that wait for replies, in the order in which they were written. */
interface Item {
  readonly command: { resolve(reply: DecodedReply): void; reject(error: Error): void };
  readonly stream?: undefined;
  readonly select: number;
}

interface Queue {
  readonly length: number;
  push(item: Item): void;
  shift(): Item | undefined;
  peekAt(index: number): Item | undefined;
}

/** What is used of the client beyond its types. */
interface Client {
  readonly status: string;
  readonly stream: Socket;
  readonly commandQueue: Queue;
  readonly condition: { readonly select: number };
  readonly options: { readonly socketTimeout?: number };
  readonly socketTimeoutTimer?: unknown;
  setSocketTimeout(): void;
  handleReconnection(error: Error, item: Item): void;
  recoverFromFatalError(error: Error, cause: Error, options: { readonly offlineQueue: boolean }): void;
  sendCommand(...args: readonly unknown[]): unknown;
}

/** In the client's queue. Its name is that of a command that changes nothing of the connection. */
class Call {
  readonly name = "evalsha";
  readonly args: readonly never[] = [];
  readonly dueMs: number;
  readonly resolve: (reply: DecodedReply) => void;
  readonly reject: (error: Error) => void;
  constructor(dueMs: number, resolve: (reply: DecodedReply) => void, reject: (error: Error) => void) {
    this.dueMs = dueMs;
    this.resolve = resolve;
    this.reject = reject;
  }
}

/**
 * @param client one that does not queue commands while it has no connection
 * @param timeoutMs from the call to its answer
 * @param together says when the calls of a while are sent: in one piece
 */
export function createScriptCalls(client: Redis, timeoutMs: number, together: Together): ScriptCalls {
  const inner = client as unknown as Client;
  const bytes = createCommandBytes();
  /** Those whose bytes were not sent yet. */
  let unsent: Call[] = [];
  /** Scripts that this connection has sent. */
  let sent = new Set<KnownScript>();
  /** Scripts whose libraries are being loaded, and those whose cannot be. */
  let loading = new Set<KnownScript>();
  let asScripts = new Set<KnownScript>();
  let watching = false;

  /** In the order of the calls: before a command of the client's own, too. */
  function send(): void {
    if (unsent.length === 0) return;
    const { stream, commandQueue, condition } = inner;
    const piece = bytes.take();
    const calls = unsent;
    unsent = [];
    if (!isOpen()) {
      for (const call of calls) call.reject(noConnection());
      return;
    }
    stream.write(piece);
    for (const command of calls) commandQueue.push({ command, select: condition.select });
    watch(timeoutMs);
    if (inner.options.socketTimeout !== undefined && inner.socketTimeoutTimer === undefined) inner.setSocketTimeout();
  }

  const sendCommand = inner.sendCommand.bind(client);
  inner.sendCommand = (...args) => {
    send();
    return sendCommand(...args);
  };

  client.on("ready", () => {
    [sent, loading, asScripts] = [new Set(), new Set(), new Set()];
    readOwn(inner);
  });

  /** One timer for all calls: they wait in the order of their deadlines. */
  function expire(): void {
    watching = false;
    const nowMs = performance.now();
    const { commandQueue } = inner;
    for (let index = 0; index < commandQueue.length; index++) {
      const command = commandQueue.peekAt(index)?.command;
      if (!(command instanceof Call)) continue;
      if (command.dueMs > nowMs) {
        watch(command.dueMs - nowMs);
        return;
      }
      command.reject(new Error("Command timed out"));
    }
  }

  function watch(ms: number): void {
    if (watching) return;
    watching = true;
    // Not by `Clock.after`: a reply that lay there while this process stood still may give a turn or a lease that is over.
    setTimeout(expire, Math.ceil(ms)).unref();
  }

  const isOpen = () => inner.status === "ready" && inner.stream.writable;

  /** @param words how many there are in all */
  function write(head: Buffer, words: number, own: Write, resolve: Call["resolve"], reject: Call["reject"]): void {
    if (!isOpen()) {
      reject(noConnection());
      return;
    }
    bytes.begin(words);
    bytes.encoded(head);
    own(bytes);
    unsent.push(new Call(performance.now() + timeoutMs, resolve, reject));
    together.add(client, send);
  }

  function nameOf(script: KnownScript): Buffer {
    if (!asScripts.has(script)) return script.byName;
    const isKnown = sent.has(script);
    sent.add(script);
    return isKnown ? script.bySha : script.byText;
  }

  /** Before the next call of this script, which finds it or does without. */
  function load(script: KnownScript): void {
    if (loading.has(script)) return;
    loading.add(script);
    const done = () => void loading.delete(script);
    // Another gateway may have loaded it meanwhile, which is an error too.
    write(script.load, loadWords, nothingMore, done, done);
  }

  /** Prepares another try of a call that ran nothing; false: it may have run. @param tried calls so far */
  function prepare(script: KnownScript, { message }: Error, tried: number): boolean {
    if (message.startsWith("NOSCRIPT")) {
      sent.delete(script);
      return true;
    }
    const isAway = message.startsWith(functionAway);
    if (!isAway && !withoutFunctions.test(message)) return false;
    if (isAway && tried === 1) load(script);
    else asScripts.add(script);
    return true;
  }

  /** @param words how many `own` writes: the number of keys, and what follows it */
  function run(script: KnownScript, words: number, own: Write, refusal: Refuse): Promise<DecodedReply> {
    return new Promise((resolve, reject) => {
      let refused = false;
      let tried = 0;
      const attempt = () => {
        tried++;
        write(nameOf(script), nameWords + words, own, resolve, (error) => {
          // What its caller was told has failed must not be carried out later.
          if (refused) return;
          if (tried < mostTries && prepare(script, error, tried)) return attempt();
          refused = true;
          reject(refusal(error));
        });
      };
      attempt();
    });
  }

  return {
    call(script, key, args, refusal = itself) {
      const own: Write = (to) => {
        to.word(1);
        to.word(key);
        for (const arg of args) to.word(arg);
      };
      return run(script, 2 + args.length, own, refusal);
    },
    callAll(script, keys, args) {
      const own: Write = (to) => {
        to.word(keys.length);
        for (const key of keys) to.word(key);
        for (const arg of args) to.word(arg);
      };
      return run(script, 1 + keys.length + args.length, own, itself);
    },
    command(words) {
      const own: Write = (to) => {
        for (const word of words) to.word(word);
      };
      return new Promise((resolve, reject) => write(noHead, words.length, own, resolve, reject));
    },
  };
}

/** How it is called, and its name. */
const nameWords = 2;
const loadWords = 3;
const noHead = Buffer.alloc(0);
const noConnection = () => new Error("There is no connection to Redis");
const itself: Refuse = (error) => error;
const nothingMore: Write = () => undefined;

/** Redis' answers to a call of a function that it does not have, and that this user or this server may not call. */
const functionAway = "ERR Function not found";
const withoutFunctions = /^(NOPERM .*'fcall'|(ERR )?un(known|supported) command)/i;
/** By name, after its loading, as a script, with its text. */
const mostTries = 4;

/** Reads the replies of the connection from now on, at a moment at which none is on its way. */
function readOwn(client: Client): void {
  const { stream } = client;
  const [standard] = stream.listeners("data");
  if (standard === undefined) throw new Error("ioredis reads its connection in an unknown way");
  const next = (): Item => {
    const item = client.commandQueue.shift();
    if (item === undefined) throw new Error("Redis sent a reply to no command");
    return item;
  };
  const decode = createDecoder({
    onReply: (reply) => next().command.resolve(reply),
    onError: (text) => client.handleReconnection(new Error(text), next()),
  });
  stream.removeListener("data", standard as (data: Buffer) => void);
  stream.prependListener("data", (data: Buffer) => {
    try {
      decode(data);
    } catch (error) {
      client.recoverFromFatalError(error as Error, error as Error, { offlineQueue: false });
    }
  });
}
