/**
 * The state machines of RFC 3261 section 17 with RFC 6026, as tables: an event that a state does not name changes nothing. A
 * timer is an event under its letter. Over a reliable transport A, E and G never start, and D, I, J and K are over at once.
 */

export interface Step<State extends string, Action extends string> {
  readonly next: State;
  /** In this order. On the way to `terminated` timers are stopped and the transaction forgotten before. */
  readonly does: readonly Action[];
}

export type Table<State extends string, Event extends string, Action extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Event, Step<State, Action>>>>>
>;

const to = <State extends string, Action extends string>(next: State, ...does: Action[]): Step<State, Action> => ({
  next,
  does,
});

export type InviteClientState = "calling" | "proceeding" | "accepted" | "completed" | "terminated";
export type InviteClientTimer = "A" | "B" | "D" | "M";
/**
 * `cancel`: the user gives up. `given up`: the user's call is over, whatever comes. `flow lost`: the transport lost what carries the
 * transaction.
 */
export type InviteClientEvent = "1xx" | "2xx" | "300+" | "cancel" | "given up" | "flow lost" | InviteClientTimer;
export type InviteClientAction =
  | "send INVITE"
  | "send ACK"
  | "send CANCEL"
  | "hold CANCEL"
  | "send held CANCEL"
  | "to user"
  | "to user, repeated"
  | "to user, stray"
  | "fail: timeout"
  | "fail: transport"
  | "stop timers"
  | "stop A"
  | `start ${InviteClientTimer}`;

/** RFC 3261 figure 5 with RFC 6026 section 8.4; CANCEL by section 9.1. Entered with `send INVITE`, `start A`, `start B`. */
export const inviteClient: Table<InviteClientState, InviteClientEvent, InviteClientAction> = {
  calling: {
    "1xx": to("proceeding", "stop timers", "send held CANCEL", "to user"),
    "2xx": to("accepted", "stop timers", "start M", "to user"),
    "300+": to("completed", "stop timers", "send ACK", "start D", "to user"),
    cancel: to("calling", "hold CANCEL"),
    // What is repeated now would ring a phone that nobody waits for. B, and a CANCEL that is held, stay.
    "given up": to("calling", "stop A"),
    A: to("calling", "send INVITE", "start A"),
    B: to("terminated", "fail: timeout"),
    "flow lost": to("terminated", "fail: transport"),
  },
  proceeding: {
    "1xx": to("proceeding", "to user"),
    "2xx": to("accepted", "stop timers", "start M", "to user"),
    "300+": to("completed", "stop timers", "send ACK", "start D", "to user"),
    // Section 9.1: 64 × T1 after the CANCEL no final response is expected any more.
    cancel: to("proceeding", "send CANCEL", "start B"),
    B: to("terminated", "fail: timeout"),
    "flow lost": to("terminated", "fail: transport"),
  },
  // Each 2xx is for the user, who acknowledges it; other responses are ignored (RFC 6026 section 8.4).
  accepted: {
    "2xx": to("accepted", "to user, repeated"),
    M: to("terminated"),
  },
  completed: {
    "300+": to("completed", "send ACK"),
    // A proxy forwards a 2xx of another branch whenever it comes (section 16.7 step 5): that phone must not stay answered.
    "2xx": to("completed", "to user, stray"),
    D: to("terminated"),
  },
  terminated: {},
};

export type RequestClientState = "trying" | "proceeding" | "completed" | "terminated";
export type RequestClientTimer = "E" | "F" | "K";
export type RequestClientEvent = "1xx" | "final" | "flow lost" | RequestClientTimer;
export type RequestClientAction =
  | "send request"
  | "to user"
  | "fail: timeout"
  | "fail: transport"
  | "stop timers"
  /** Doubled up to T2 where trying, T2 where proceeding. */
  | `start ${RequestClientTimer}`;

/** Figure 6. Entered with `send request`, `start E`, `start F`. */
export const requestClient: Table<RequestClientState, RequestClientEvent, RequestClientAction> = {
  trying: {
    "1xx": to("proceeding", "to user"),
    final: to("completed", "stop timers", "start K", "to user"),
    E: to("trying", "send request", "start E"),
    F: to("terminated", "fail: timeout"),
    "flow lost": to("terminated", "fail: transport"),
  },
  proceeding: {
    "1xx": to("proceeding", "to user"),
    final: to("completed", "stop timers", "start K", "to user"),
    E: to("proceeding", "send request", "start E"),
    F: to("terminated", "fail: timeout"),
    "flow lost": to("terminated", "fail: transport"),
  },
  completed: {
    K: to("terminated"),
  },
  terminated: {},
};

/** `ignored`: the user answers nothing, to this request, its repetitions and its CANCEL. */
export type InviteServerState = "proceeding" | "accepted" | "completed" | "confirmed" | "ignored" | "terminated";
/** `100`: 200 ms without a response (section 17.2.1). */
export type InviteServerTimer = "100" | "G" | "H" | "I" | "L";
/** `INVITE`: a repetition. `1xx` to `300+`: the user's response. `ignore`: the user's wish. */
export type InviteServerEvent =
  | "INVITE"
  | "ACK"
  | "CANCEL"
  | "1xx"
  | "2xx"
  | "300+"
  | "ignore"
  | "flow lost"
  | InviteServerTimer;
export type InviteServerAction =
  | "send response"
  | "send last response"
  | "send 100"
  | "canceled"
  | "ACK to user"
  | "stop timers"
  | `start ${InviteServerTimer}`;

/** Figure 7 with RFC 6026 section 8.7. Entered with `start 100`. */
export const inviteServer: Table<InviteServerState, InviteServerEvent, InviteServerAction> = {
  proceeding: {
    INVITE: to("proceeding", "send last response"),
    CANCEL: to("proceeding", "canceled"),
    "100": to("proceeding", "send 100"),
    "1xx": to("proceeding", "stop timers", "send response"),
    "2xx": to("accepted", "stop timers", "send response", "start L"),
    "300+": to("completed", "stop timers", "send response", "start G", "start H"),
    // A lost flow changes nothing: CANCEL may come on another.
    ignore: to("ignored", "stop timers", "start L"),
  },
  // The user repeats the 2xx until its ACK (section 13.3.1.4).
  accepted: {
    "2xx": to("accepted", "send response"),
    ACK: to("accepted", "ACK to user"),
    L: to("terminated"),
  },
  completed: {
    INVITE: to("completed", "send last response"),
    ACK: to("confirmed", "stop timers", "start I"),
    G: to("completed", "send last response", "start G"),
    H: to("terminated"),
    "flow lost": to("terminated"),
  },
  confirmed: {
    I: to("terminated"),
  },
  ignored: {
    L: to("terminated"),
  },
  terminated: {},
};

export type RequestServerState = "trying" | "proceeding" | "completed" | "ignored" | "terminated";
/** `J` runs from the request on too: a response that comes later is of no use to the client, whose Timer F ended. */
export type RequestServerTimer = "J";
export type RequestServerEvent = "request" | "1xx" | "final" | "ignore" | "flow lost" | RequestServerTimer;
export type RequestServerAction = "send response" | "send last response" | "stop timers" | "start J";

/** Figure 8. Entered with `start J`. */
export const requestServer: Table<RequestServerState, RequestServerEvent, RequestServerAction> = {
  trying: {
    "1xx": to("proceeding", "send response"),
    final: to("completed", "send response", "stop timers", "start J"),
    ignore: to("ignored"),
    J: to("terminated"),
  },
  proceeding: {
    request: to("proceeding", "send last response"),
    "1xx": to("proceeding", "send response"),
    final: to("completed", "send response", "stop timers", "start J"),
    J: to("terminated"),
  },
  completed: {
    request: to("completed", "send last response"),
    J: to("terminated"),
    "flow lost": to("terminated"),
  },
  ignored: {
    J: to("terminated"),
  },
  terminated: {},
};
