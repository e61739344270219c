/**
 * One AMI connection over the asterisk-manager package, with its hazards contained: nothing is sent before login or
 * after the end (the package would keep it and send it later), no value can contain a line break, every request has a
 * deadline, and all of them fail when the connection does. Its own reconnecting, which writes to the console, is unused,
 * and so is its emitting of events by their names: one named `error` or `close` would look like the connection's own,
 * one named `rawevent` would loop for ever.
 */

import { randomBytes } from "node:crypto";
import createManager, { type Manager, type ManagerMessage } from "asterisk-manager";
import type { Clock } from "../../../shared/clock.ts";
import type { AmiConfig } from "../config.ts";
import { AmiNotSent, AmiRefusal, AmiTimeout } from "./errors.ts";

export type { ManagerMessage } from "asterisk-manager";

export interface AmiSessionParts {
  readonly ami: AmiConfig;
  /** For the connection, the login and every request. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  /** Classes of events that Asterisk is asked to send, of those that the user may read: `system,call`. */
  readonly eventMask: string;
  /** Events that belong to no request. Must not throw. */
  readonly onEvent: (event: ManagerMessage) => void;
  /** Called once, when the session ended for any reason, or never opened. */
  readonly onClose: (session: AmiSession) => void;
}

/** A list longer than this is not about a trunk or a call of ours. */
const maxListItems = 10_000;

interface PendingList {
  readonly items: ManagerMessage[];
  readonly fail: (error: Error) => void;
  readonly complete: () => void;
}

export class AmiSession {
  readonly #parts: AmiSessionParts;
  readonly #manager: Manager;
  /** Ends the socket, which the package would leave half open. */
  readonly #hangUp = new AbortController();
  /** ActionIDs that wait for an answer; each is removed at its deadline, as are the lists below. */
  readonly #asked = new Set<string>();
  readonly #lists = new Map<string, PendingList>();
  readonly #failures = new Set<(error: Error) => void>();
  /** Unpredictable: a caller who can write lines into events (event-secret.ts) could answer in Asterisk's place. */
  readonly #idPrefix = `onering-${randomBytes(12).toString("base64url")}`;
  #nextId = 1;
  #loggedIn = false;
  #closed = false;

  private constructor(parts: AmiSessionParts) {
    const { host, user, password } = parts.ami;
    if (!isOneLine(user) || !isOneLine(password)) throw new Error("AMI user and password must be one line");
    this.#parts = parts;
    this.#manager = createManager(null, host, user, password, true);
    this.#manager.removeAllListeners("rawevent");
    this.#manager.on("rawevent", (message) => this.#message(message));
    this.#manager.on("close", () => this.close());
    this.#manager.on("error", () => this.close());
  }

  /** Connects and logs in. @throws {Error} saying what failed, without the password; {AmiRefusal} of the login */
  static async open(parts: AmiSessionParts): Promise<AmiSession> {
    const session = new AmiSession(parts);
    const { host, port } = parts.ami;
    try {
      await session.within(`connection to AMI at ${host}:${port}`, (done) => session.#connect(done));
      await session.within("AMI login", (done, fail) => {
        session.#manager.login((refused) => (refused === undefined ? done() : fail(refusalOf(refused))));
      });
      session.#loggedIn = true;
      await session.request("Events", { eventmask: parts.eventMask });
    } catch (error) {
      session.close();
      throw error;
    }
    return session;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Runs an action that answers with one message.
   * @param id the ActionID; one of our own where not given
   * @returns the answer
   * @throws {AmiRefusal} where Asterisk refuses; {AmiNotSent}; {Error} at the deadline and when the connection ends
   */
  async request(action: string, fields: Readonly<Record<string, string>> = {}, id = this.#newId()) {
    if (!this.#loggedIn || this.#closed) throw new AmiNotSent("AMI is not logged in");
    if (![action, id, ...Object.values(fields)].every(isOneLine)) throw new AmiNotSent("an AMI value must be one line");
    if (this.#asked.has(id)) throw new AmiNotSent("an ActionID is in use");
    let answer: ManagerMessage = {};
    this.#asked.add(id);
    try {
      await this.within(`AMI ${action}`, (done, fail) => {
        this.#manager.action({ ...fields, action, actionid: id }, (refused, message) => {
          answer = message;
          if (refused === undefined) done();
          else fail(refusalOf(refused));
        });
      });
    } finally {
      this.#asked.delete(id);
      this.#manager.removeAllListeners(id);
    }
    return answer;
  }

  /**
   * Runs an action that answers with a list of events.
   * @returns those events, without the one that ends the list
   * @throws as `request`
   */
  async list(action: string, fields: Readonly<Record<string, string>> = {}): Promise<readonly ManagerMessage[]> {
    const id = this.#newId();
    const items: ManagerMessage[] = [];
    try {
      await this.within(`AMI ${action}`, (done, fail) => {
        this.#lists.set(id, { items, fail, complete: done });
        this.request(action, fields, id).catch(fail);
      });
    } finally {
      this.#lists.delete(id);
    }
    return items;
  }

  /** Waits for an event of this connection, until the deadline or the end of the connection. */
  within(what: string, run: (done: () => void, fail: (error: Error) => void) => void): Promise<void> {
    const { clock, deadlineMs } = this.#parts;
    return new Promise<void>((resolve, reject) => {
      const fail = (error: Error) => {
        settled();
        reject(error);
      };
      const late = () => fail(new AmiTimeout(`${what} took longer than ${deadlineMs} ms`));
      const stopDeadline = clock.after(deadlineMs, late);
      const settled = () => {
        stopDeadline();
        this.#failures.delete(fail);
      };
      this.#failures.add(fail);
      run(() => {
        settled();
        resolve();
      }, fail);
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#manager.disconnect();
    this.#hangUp.abort();
    for (const fail of [...this.#failures]) fail(new Error("the AMI connection ended"));
    this.#parts.onClose(this);
  }

  #newId(): string {
    const id = `${this.#idPrefix}-${this.#nextId}`;
    this.#nextId += 1;
    return id;
  }

  #connect(done: () => void): void {
    const { host, port } = this.#parts.ami;
    this.#manager.connect({ host, port, signal: this.#hangUp.signal }, host, done);
  }

  /** Called while the package reads from the socket: a throw here would end the process. */
  #message(message: ManagerMessage): void {
    const { actionid: id, response, event } = message;
    const list = typeof id === "string" ? this.#lists.get(id) : undefined;
    if (event === undefined) this.#answer(id, response, message);
    else if (list !== undefined) listItem(list, message);
    else if (!this.#closed) this.#parts.onEvent(message);
  }

  /** The package listens for an answer under its ActionID; that of the login is a time in digits, which the package chooses. */
  #answer(id: unknown, response: unknown, message: ManagerMessage): void {
    if (typeof id !== "string" || typeof response !== "string") return;
    if (!this.#asked.has(id) && (this.#loggedIn || !/^\d+$/.test(id))) return;
    this.#manager.emit(id, response.toLowerCase() === "error" ? message : undefined, message);
  }
}

function listItem(list: PendingList, message: ManagerMessage): void {
  if (String(message.eventlist).toLowerCase() === "complete") list.complete();
  else if (list.items.length < maxListItems) list.items.push(message);
  else list.fail(new Error(`AMI list is longer than ${maxListItems}`));
}

function refusalOf(message: ManagerMessage): AmiRefusal {
  return new AmiRefusal(typeof message.message === "string" ? message.message : "refused");
}

/** AMI ends a field at CR or LF: a value with one would be an action of its own. */
function isOneLine(value: string): boolean {
  return [...value].every((character) => character >= " " && character !== "\x7f");
}
