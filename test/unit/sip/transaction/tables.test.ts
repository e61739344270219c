/** Each event in each state of the four machines of RFC 3261 section 17 with RFC 6026, over UDP and over TCP. */
import { describe, expect, it } from "vitest";
import type { InviteClient } from "../../../../src/sip/transaction/invite-client.ts";
import type { InviteServer } from "../../../../src/sip/transaction/invite-server.ts";
import type { RequestClient } from "../../../../src/sip/transaction/request-client.ts";
import type { RequestServer } from "../../../../src/sip/transaction/request-server.ts";
import { answerTo, farRequest, inviteRequest, request, user, wire } from "./wire.ts";

type Protocol = "udp" | "tcp";
/** Next state, what is sent, what the user hears. */
type Row = readonly [state: string, sent: readonly string[], heard?: readonly string[]];
type Matrix<Event extends string> = Readonly<Record<string, Readonly<Record<Event, Row>>>>;

interface Machine {
  readonly state: () => string;
  readonly sent: () => readonly string[];
  readonly heard: () => readonly string[];
  readonly act: (event: string) => void;
  readonly left: () => readonly [size: number, timers: number];
}

function check<Event extends string>(
  make: (protocol: Protocol) => Machine,
  ways: Readonly<Record<string, readonly string[]>>,
  matrices: Readonly<Record<Protocol, Matrix<Event>>>,
): void {
  const rows = (["udp", "tcp"] as const).flatMap((protocol) =>
    Object.entries(matrices[protocol]).flatMap(([state, events]) =>
      Object.entries(events).map(([event, row]) => [protocol, state, event, row as Row] as const),
    ),
  );
  it.each(rows)("%s, %s: %s → %j", (protocol, state, event, [next, sent, heard = []]) => {
    const machine = make(protocol);
    for (const step of ways[state] ?? []) machine.act(step);
    expect(machine.state()).toBe(state);
    const before = [machine.sent().length, machine.heard().length] as const;
    machine.act(event);
    expect([machine.state(), machine.sent().slice(before[0]), machine.heard().slice(before[1])]).toEqual([
      next,
      sent,
      heard,
    ]);
    if (next === "terminated") expect(machine.left()).toEqual([0, 0]);
  });
}

const passed = (event: string) => (/^\d+ ms$/.test(event) ? Number(event.split(" ")[0]) : null);

function inviteClient(protocol: Protocol): Machine {
  const w = wire({ protocol });
  const u = user();
  const transaction = w.layer.invite(inviteRequest, w.flow, u) as InviteClient;
  return {
    state: () => transaction.state,
    sent: () => w.sent(),
    heard: () => [...u.heard, ...w.strays.map((stray) => `stray ${stray.split(" ")[0]}`)],
    left: () => [w.layer.size, w.clock.pending],
    act(event) {
      const ms = passed(event);
      if (ms !== null) w.clock.pass(ms);
      else if (event === "cancel") transaction.cancel();
      else if (event === "flow lost") w.lose();
      else w.receive(answerTo(w.flow.sent[0] ?? "", Number(event)));
    },
  };
}

describe("INVITE client transaction (figure 5, RFC 6026)", () => {
  const over: Row = ["terminated", []];
  const stray = (status: string): Row => ["terminated", [], [`stray ${status}`]];
  const proceeding = {
    "180": ["proceeding", [], ["180"]],
    cancel: ["proceeding", ["CANCEL"]],
    "flow lost": ["terminated", [], ["failed transport"]],
    "500 ms": ["proceeding", []],
    "32000 ms": ["proceeding", []],
  } as const satisfies Record<string, Row>;
  const accepted = {
    "180": ["accepted", []],
    "200": ["accepted", [], ["repeated 200"]],
    "486": ["accepted", []],
    cancel: ["accepted", []],
    "flow lost": ["accepted", []],
    "500 ms": ["accepted", []],
    "32000 ms": over,
  } as const satisfies Record<string, Row>;
  const terminated = {
    "180": stray("180"),
    "200": stray("200"),
    "486": stray("486"),
    cancel: over,
    "flow lost": over,
    "500 ms": over,
    "32000 ms": over,
  } as const satisfies Record<string, Row>;
  const ways = {
    calling: [],
    proceeding: ["180"],
    accepted: ["200"],
    completed: ["486"],
    terminated: ["486", "32000 ms"],
  };
  check(inviteClient, ways, {
    udp: {
      calling: {
        "180": ["proceeding", [], ["180"]],
        "200": ["accepted", [], ["200"]],
        "486": ["completed", ["ACK"], ["486"]],
        cancel: ["calling", []],
        "flow lost": ["terminated", [], ["failed transport"]],
        "500 ms": ["calling", ["INVITE"]],
        "32000 ms": ["terminated", Array(6).fill("INVITE"), ["failed timeout"]],
      },
      proceeding: { ...proceeding, "200": ["accepted", [], ["200"]], "486": ["completed", ["ACK"], ["486"]] },
      accepted,
      completed: {
        "180": ["completed", []],
        "200": ["completed", [], ["stray 200"]],
        "486": ["completed", ["ACK"]],
        cancel: ["completed", []],
        // It is only kept to acknowledge repetitions, which come by any flow.
        "flow lost": ["completed", []],
        "500 ms": ["completed", []],
        "32000 ms": over,
      },
      terminated,
    },
    tcp: {
      calling: {
        "180": ["proceeding", [], ["180"]],
        "200": ["accepted", [], ["200"]],
        "486": ["terminated", ["ACK"], ["486"]],
        cancel: ["calling", []],
        "flow lost": ["terminated", [], ["failed transport"]],
        "500 ms": ["calling", []],
        "32000 ms": ["terminated", [], ["failed timeout"]],
      },
      proceeding: { ...proceeding, "200": ["accepted", [], ["200"]], "486": ["terminated", ["ACK"], ["486"]] },
      accepted,
      terminated,
    },
  });

  it.each(["udp", "tcp"] as const)("%s: a held CANCEL goes out with the first provisional response", (protocol) => {
    const machine = inviteClient(protocol);
    for (const event of ["cancel", "180", "180"]) machine.act(event);
    expect(machine.sent()).toEqual(["INVITE", "CANCEL"]);
    machine.act("32000 ms");
    expect(machine.heard()).toEqual(["180", "180", "failed timeout"]);
    expect(machine.left()).toEqual([0, 0]);
  });
});

function requestClient(protocol: Protocol): Machine {
  const w = wire({ protocol });
  const u = user();
  const transaction = w.layer.request(request("OPTIONS"), w.flow, u) as RequestClient;
  return {
    state: () => transaction.state,
    sent: () => w.sent(),
    heard: () => [...u.heard, ...w.strays.map((stray) => `stray ${stray.split(" ")[0]}`)],
    left: () => [w.layer.size, w.clock.pending],
    act(event) {
      const ms = passed(event);
      if (ms !== null) w.clock.pass(ms);
      else if (event === "flow lost") w.lose();
      else w.receive(answerTo(w.flow.sent[0] ?? "", Number(event)));
    },
  };
}

describe("non-INVITE client transaction (figure 6)", () => {
  const over: Row = ["terminated", []];
  const terminated = {
    "100": ["terminated", [], ["stray 100"]],
    "200": ["terminated", [], ["stray 200"]],
    "404": ["terminated", [], ["stray 404"]],
    "flow lost": over,
    "500 ms": over,
    "5000 ms": over,
    "32000 ms": over,
  } as const satisfies Record<string, Row>;
  const failed: Row = ["terminated", [], ["failed transport"]];
  check(
    requestClient,
    { trying: [], proceeding: ["100"], completed: ["200"], terminated: ["200", "5000 ms"] },
    {
      udp: {
        trying: {
          "100": ["proceeding", [], ["100"]],
          "200": ["completed", [], ["200"]],
          "404": ["completed", [], ["404"]],
          "flow lost": failed,
          "500 ms": ["trying", ["OPTIONS"]],
          // 0.5, 1.5, 3.5; the next at 7.5 s.
          "5000 ms": ["trying", Array(3).fill("OPTIONS")],
          "32000 ms": ["terminated", Array(10).fill("OPTIONS"), ["failed timeout"]],
        },
        proceeding: {
          "100": ["proceeding", [], ["100"]],
          "200": ["completed", [], ["200"]],
          "404": ["completed", [], ["404"]],
          "flow lost": failed,
          "500 ms": ["proceeding", ["OPTIONS"]],
          // At T2 from then on.
          "5000 ms": ["proceeding", Array(2).fill("OPTIONS")],
          "32000 ms": ["terminated", Array(8).fill("OPTIONS"), ["failed timeout"]],
        },
        completed: {
          "100": ["completed", []],
          "200": ["completed", []],
          "404": ["completed", []],
          "flow lost": ["completed", []],
          "500 ms": ["completed", []],
          "5000 ms": over,
          "32000 ms": over,
        },
        terminated,
      },
      tcp: {
        trying: {
          "100": ["proceeding", [], ["100"]],
          "200": ["terminated", [], ["200"]],
          "404": ["terminated", [], ["404"]],
          "flow lost": failed,
          "500 ms": ["trying", []],
          "5000 ms": ["trying", []],
          "32000 ms": ["terminated", [], ["failed timeout"]],
        },
        proceeding: {
          "100": ["proceeding", [], ["100"]],
          "200": ["terminated", [], ["200"]],
          "404": ["terminated", [], ["404"]],
          "flow lost": failed,
          "500 ms": ["proceeding", []],
          "5000 ms": ["proceeding", []],
          "32000 ms": ["terminated", [], ["failed timeout"]],
        },
        terminated,
      },
    },
  );
});

function inviteServer(protocol: Protocol): Machine {
  const w = wire({ protocol });
  const heard: string[] = [];
  w.receive(farRequest("INVITE"));
  const transaction = w.requests[0] as InviteServer;
  transaction.onCanceled(() => heard.push("canceled"));
  return {
    state: () => transaction.state,
    sent: () => w.sent().filter((short) => !short.endsWith("CANCEL")),
    heard: () => [...heard, ...w.requests.slice(1).map((one) => one.request.method)],
    left: () => [w.layer.size, w.clock.pending],
    act(event) {
      const ms = passed(event);
      if (ms !== null) w.clock.pass(ms);
      else if (event === "flow lost") w.lose();
      else if (event === "ignore") transaction.ignore();
      else if (event === "200 again") transaction.repeatAnswer();
      else if (/^\d/.test(event)) transaction.respond({ status: Number(event) });
      else w.receive(farRequest(event));
    },
  };
}

describe("INVITE server transaction (figure 7, RFC 6026)", () => {
  const over: Row = ["terminated", []];
  const deaf = (state: string): Row => [state, []];
  const user = (state: string) =>
    ({ "180": deaf(state), "200": deaf(state), "486": deaf(state), ignore: deaf(state) }) as const;
  const accepted = {
    INVITE: deaf("accepted"),
    ACK: ["accepted", [], ["ACK"]],
    CANCEL: deaf("accepted"),
    "200 again": ["accepted", ["200 INVITE"]],
    "flow lost": deaf("accepted"),
    "200 ms": deaf("accepted"),
    "5000 ms": deaf("accepted"),
    "32000 ms": over,
    ...user("accepted"),
  } as const satisfies Record<string, Row>;
  const ignored = {
    INVITE: deaf("ignored"),
    ACK: deaf("ignored"),
    CANCEL: deaf("ignored"),
    "200 again": deaf("ignored"),
    "flow lost": deaf("ignored"),
    "200 ms": deaf("ignored"),
    "5000 ms": deaf("ignored"),
    "32000 ms": over,
    ...user("ignored"),
  } as const satisfies Record<string, Row>;
  const proceeding = {
    INVITE: deaf("proceeding"),
    ACK: deaf("proceeding"),
    CANCEL: ["proceeding", [], ["canceled"]],
    "200 again": deaf("proceeding"),
    "flow lost": deaf("proceeding"),
    "200 ms": ["proceeding", ["100 INVITE"]],
    "5000 ms": ["proceeding", ["100 INVITE"]],
    "32000 ms": ["proceeding", ["100 INVITE"]],
    "180": ["proceeding", ["180 INVITE"]],
    "200": ["accepted", ["200 INVITE"]],
    "486": ["completed", ["486 INVITE"]],
    ignore: ["ignored", []],
  } as const satisfies Record<string, Row>;
  const terminated = {
    // INVITE, ACK and CANCEL belong to no transaction any more: server.test.ts.
    "200 again": over,
    "flow lost": over,
    "200 ms": over,
    "5000 ms": over,
    "32000 ms": over,
    ...user("terminated"),
  } as const satisfies Record<string, Row>;
  const ways = {
    proceeding: [],
    accepted: ["200"],
    completed: ["486"],
    confirmed: ["486", "ACK"],
    ignored: ["ignore"],
  };
  check<string>(
    inviteServer,
    { ...ways, terminated: ["486", "ACK", "5000 ms"] },
    {
      udp: {
        proceeding,
        accepted,
        completed: {
          INVITE: ["completed", ["486 INVITE"]],
          ACK: deaf("confirmed"),
          CANCEL: deaf("completed"),
          "200 again": deaf("completed"),
          "flow lost": over,
          "200 ms": deaf("completed"),
          "5000 ms": ["completed", Array(3).fill("486 INVITE")],
          "32000 ms": ["terminated", Array(10).fill("486 INVITE")],
          ...user("completed"),
        },
        confirmed: {
          INVITE: deaf("confirmed"),
          ACK: deaf("confirmed"),
          CANCEL: deaf("confirmed"),
          "200 again": deaf("confirmed"),
          "flow lost": deaf("confirmed"),
          "200 ms": deaf("confirmed"),
          "5000 ms": over,
          "32000 ms": over,
          ...user("confirmed"),
        },
        ignored,
        terminated,
      },
      tcp: {
        proceeding,
        accepted,
        completed: {
          INVITE: ["completed", ["486 INVITE"]],
          ACK: over,
          CANCEL: deaf("completed"),
          "200 again": deaf("completed"),
          "flow lost": over,
          "200 ms": deaf("completed"),
          "5000 ms": deaf("completed"),
          "32000 ms": over,
          ...user("completed"),
        },
        ignored,
        terminated,
      },
    },
  );
});

function requestServer(protocol: Protocol): Machine {
  const w = wire({ protocol });
  w.receive(farRequest("OPTIONS"));
  const transaction = w.requests[0] as RequestServer;
  return {
    state: () => transaction.state,
    sent: () => w.sent(),
    heard: () => w.requests.slice(1).map((one) => one.request.method),
    left: () => [w.layer.size, w.clock.pending],
    act(event) {
      const ms = passed(event);
      if (ms !== null) w.clock.pass(ms);
      else if (event === "flow lost") w.lose();
      else if (event === "ignore") transaction.ignore();
      else if (/^\d/.test(event)) transaction.respond({ status: Number(event) });
      else w.receive(farRequest(event));
    },
  };
}

describe("non-INVITE server transaction (figure 8)", () => {
  const over: Row = ["terminated", []];
  const open = (state: string, repeated: readonly string[], final: string) =>
    ({
      OPTIONS: [state, repeated],
      "100": ["proceeding", ["100 OPTIONS"]],
      "200": [final, ["200 OPTIONS"]],
      "flow lost": [state, []],
      "5000 ms": [state, []],
      "32000 ms": over,
    }) as const;
  const closed = (state: string, repeated: readonly string[]) =>
    ({ OPTIONS: [state, repeated], "100": [state, []], "200": [state, []], ignore: [state, []] }) as const;
  const ignored = {
    ...closed("ignored", []),
    "flow lost": ["ignored", []],
    "5000 ms": ["ignored", []],
    "32000 ms": over,
  } as const;
  const ways = { trying: [], proceeding: ["100"], completed: ["200"], ignored: ["ignore"] };
  check<string>(requestServer, ways, {
    udp: {
      trying: { ...open("trying", [], "completed"), ignore: ["ignored", []] },
      proceeding: { ...open("proceeding", ["100 OPTIONS"], "completed"), ignore: ["proceeding", []] },
      completed: {
        ...closed("completed", ["200 OPTIONS"]),
        "flow lost": over,
        "5000 ms": ["completed", []],
        "32000 ms": over,
      },
      ignored,
    },
    tcp: {
      trying: { ...open("trying", [], "terminated"), ignore: ["ignored", []] },
      proceeding: { ...open("proceeding", ["100 OPTIONS"], "terminated"), ignore: ["proceeding", []] },
      ignored,
    },
  });
});
