/** Each event in each state of the two client machines of RFC 3261 section 17 with RFC 6026, over UDP and over TCP. */
import { describe, expect, it } from "vitest";
import type { InviteClient } from "../../../../src/sip/transaction/invite-client.ts";
import type { RequestClient } from "../../../../src/sip/transaction/request-client.ts";
import { check, type Machine, type Protocol, passed, type Row } from "./table-rows.ts";
import { answerTo, inviteRequest, request, user, wire } from "./wire.ts";

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
