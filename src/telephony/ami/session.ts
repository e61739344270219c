/**
 * One AMI connection on the asterisk-manager package, held so that it cannot hurt: nothing is sent before login or
 * after the end (the package would keep it and send it later), no value can start another line, every request has a
 * deadline, and all of them fail when the connection does. Its own reconnecting, which writes to the console, is unused.
 */
import createManager, { type Manager, type ManagerMessage } from "asterisk-manager";
import type { Clock } from "../../clock.ts";
import type { AsteriskConfig } from "../../config/schema.ts";

export type { ManagerMessage } from "asterisk-manager";
export type AmiConfig = NonNullable<AsteriskConfig["ami"]>;

/** Asterisk answered, and said no. `message` is its own. */
export class AmiRefusal extends Error {
  override readonly name = "AmiRefusal";
}

export interface AmiSessionParts {
  readonly ami: AmiConfig;
  /** For the connection, the login and every request. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  /** Events that belong to no request. Must not throw. */
  readonly onEvent: (event: ManagerMessage) => void;
  /** Called once, when the session ended for whatever reason; also where it never opened. */
  readonly onClose: (session: AmiSession) => void;
}

/** A list longer than this is not about a trunk of ours. */
const maxListItems = 10_000;

interface PendingList {
  readonly items: ManagerMessage[];
  readonly fail: (error: Error) => void;
  readonly complete: () => void;
}

export class AmiSession {
  readonly #parts: AmiSessionParts;
  readonly #manager: Manager;
  /** By ActionID; each leaves at its deadline. */
  readonly #lists = new Map<string, PendingList>();
  readonly #failures = new Set<(error: Error) => void>();
  #nextId = 1;
  #loggedIn = false;
  #closed = false;

  private constructor(parts: AmiSessionParts) {
    const { host, user, password } = parts.ami;
    if (!isOneLine(user) || !isOneLine(password)) throw new Error("AMI user and password must be one line");
    this.#parts = parts;
    this.#manager = createManager(null, host, user, password, true);
    this.#manager.on("close", () => this.close());
    this.#manager.on("error", () => this.close());
    this.#manager.on("managerevent", (event) => this.#event(event));
  }

  /** Connects and logs in. @throws {Error} saying what failed, without the password */
  static async open(parts: AmiSessionParts): Promise<AmiSession> {
    const session = new AmiSession(parts);
    const { host, port } = parts.ami;
    try {
      await session.#within(`connection to AMI at ${host}:${port}`, (done) => session.#connect(done));
      await session.#within("AMI login", (done, fail) => {
        session.#manager.login((refused) => (refused === undefined ? done() : fail(refusalOf(refused))));
      });
    } catch (error) {
      session.close();
      throw error;
    }
    session.#loggedIn = true;
    return session;
  }

  /**
   * Runs an action that answers with a list of events.
   * @returns those events, without the one that ends the list
   * @throws {AmiRefusal} where Asterisk says no; {Error} at the deadline and when the connection ends
   */
  async list(action: string, fields: Readonly<Record<string, string>> = {}): Promise<readonly ManagerMessage[]> {
    if (!this.#loggedIn || this.#closed) throw new Error("AMI is not logged in");
    if (![action, ...Object.values(fields)].every(isOneLine)) throw new Error("an AMI value must be one line");
    const id = `onering-${this.#nextId}`;
    this.#nextId += 1;
    const items: ManagerMessage[] = [];
    try {
      await this.#within(`AMI ${action}`, (done, fail) => {
        this.#lists.set(id, { items, fail, complete: done });
        this.#manager.action({ ...fields, action, actionid: id }, (refused) => {
          if (refused !== undefined) fail(refusalOf(refused));
        });
      });
    } finally {
      this.#lists.delete(id);
      this.#manager.removeAllListeners(id);
    }
    return items;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#manager.disconnect();
    for (const fail of [...this.#failures]) fail(new Error("the AMI connection ended"));
    this.#parts.onClose(this);
  }

  #connect(done: () => void): void {
    this.#manager.connect(this.#parts.ami.port, this.#parts.ami.host, () => {
      // Too late: the package can only close what is open, so it is closed now.
      if (this.#closed) this.#manager.disconnect();
      done();
    });
  }

  /** The package calls listeners from `nextTick`, where a throw would end the process. */
  #event(event: ManagerMessage): void {
    const list = typeof event.actionid === "string" ? this.#lists.get(event.actionid) : undefined;
    if (list === undefined) {
      if (!this.#closed) this.#parts.onEvent(event);
    } else if (String(event.eventlist).toLowerCase() === "complete") list.complete();
    else if (list.items.length < maxListItems) list.items.push(event);
    else list.fail(new Error(`AMI list is longer than ${maxListItems}`));
  }

  #within(what: string, run: (done: () => void, fail: (error: Error) => void) => void): Promise<void> {
    const { clock, deadlineMs } = this.#parts;
    return new Promise<void>((resolve, reject) => {
      const fail = (error: Error) => {
        settled();
        reject(error);
      };
      const stopDeadline = clock.after(deadlineMs, () => fail(new Error(`${what} took longer than ${deadlineMs} ms`)));
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
}

function refusalOf(message: ManagerMessage): AmiRefusal {
  return new AmiRefusal(typeof message.message === "string" ? message.message : "refused");
}

/** AMI ends a field at CR or LF: a value with one would be an action of its own. */
function isOneLine(value: string): boolean {
  return [...value].every((character) => character >= " " && character !== "\x7f");
}
