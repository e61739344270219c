/** Each event in each state of the two server machines of RFC 3261 section 17 with RFC 6026, over UDP and over TCP. */
import { describe } from "vitest";
import type { InviteServer } from "../../../../src/sip/transaction/invite-server.ts";
import type { RequestServer } from "../../../../src/sip/transaction/request-server.ts";
import { check, type Machine, type Protocol, passed, type Row } from "./table-rows.ts";
import { farRequest, wire } from "./wire.ts";

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
