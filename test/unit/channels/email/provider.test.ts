/** Sending by the configured mail servers: what arrives, failover, limits, and answers that are lost. */
import { describe, expect, it } from "vitest";
import { freePort } from "../../../../src/local/process/free-port.ts";
import { Refusal } from "../../../../src/shared/refusal.ts";
import { withCertificates } from "../../../support/certificates.ts";
import { type ManualClock, manualClock } from "../../../support/manual-clock.ts";
import { refusals } from "./refusals.ts";
import { message, pemOf, plain, sendBy, withMail } from "./support.ts";

const mail = withMail();
const certificate = withCertificates();

describe("a message", () => {
  it("is sent by the first server, and its reply shown", async () => {
    const [main, backup] = [await mail.server(), await mail.server()];
    const provider = await mail.provider({ servers: [plain(main), plain(backup, "backup")], price: 0.001 });
    const reservation = await provider.reserve(message);
    expect(reservation).toMatchObject({ details: { server: "main", smtp_reply: null }, cost: 0.001 });
    expect(await reservation.submit(message)).toEqual({
      report: { state: "sent", result: { server: "main", smtp_reply: "250 2.0.0" } },
      receiptId: null,
    });
    expect(main.mails).toMatchObject([{ from: "verify@example.com", to: "ada@example.com" }]);
    expect(backup.mails).toEqual([]);
  });

  it("has a bounce address of its own where one is configured", async () => {
    const main = await mail.server();
    await sendBy(await mail.provider({ servers: [plain(main)], bounces_to: "Bounces@Mail.example.com" }));
    expect(main.mails[0]?.from).toBe("Bounces@mail.example.com");
  });

  it("goes over the connection of the one before", async () => {
    const main = await mail.server();
    const provider = await mail.provider({ servers: [plain(main)] });
    for (let sent = 0; sent < 5; sent++) expect((await sendBy(provider)).report.state).toBe("sent");
    expect(main.steps.filter((step) => step === "connect")).toHaveLength(1);
    expect(main.mails).toHaveLength(5);
  });
});

it("a message that cannot be composed keeps no connection's place from others", async () => {
  const main = await mail.server();
  const provider = await mail.provider({ servers: [{ ...plain(main), max_connections: 1 }], max_wait_ms: 0 });
  const broken = { ...message, text: undefined as unknown as string };
  for (let i = 0; i < 2; i++) {
    expect((await (await provider.reserve(message)).submit(broken)).report).toMatchObject({ reason: "rejected" });
  }
  expect((await sendBy(provider)).report.state).toBe("sent");
});

it.each([
  ["its time was over", (clock: ManualClock) => clock.advance(2000)],
  ["the machine was suspended", (clock: ManualClock) => clock.set(2000)],
])("nor does one that is not sent because before it was composed %s", async (_why, pass) => {
  const main = await mail.server();
  const clock = manualClock();
  const servers = [{ ...plain(main), max_connections: 1 }];
  const provider = await mail.provider({ servers, max_wait_ms: 0, submit_timeout_ms: 1000 }, clock);
  const reservation = await provider.reserve(message);
  const report = reservation.submit(message);
  pass(clock);
  expect((await report).report).toMatchObject({ state: "failed", reason: "provider_down" });
  expect((await sendBy(provider)).report.state).toBe("sent");
});

describe("refusals over the wire", () => {
  it.each(refusals.filter(({ stage }) => stage === "rcpt" || stage === "mail" || stage === "data"))(
    "$stage: $reply → $reason, $where",
    async ({ stage, reply, reason, where }) => {
      const [main, backup] = [await mail.server(), await mail.server()];
      main.set(stage === "data" ? "end" : stage, { kind: "reply", text: reply });
      const provider = await mail.provider({ servers: [plain(main), plain(backup, "backup")] });
      const { report } = await sendBy(provider);
      if (where === "at once") {
        const codes = /^\d{3}(?: \d\.\d+\.\d+(?= |$))?/.exec(reply)?.[0];
        expect(report).toEqual({ state: "failed", reason, result: { server: "main", smtp_reply: codes } });
        expect(backup.steps).not.toContain("mail");
      } else {
        expect(report).toMatchObject({ state: "sent", result: { server: "backup" } });
        expect(backup.mails).toHaveLength(1);
      }
    },
  );

  it.each(refusals.filter(({ stage, where }) => where === "other servers" && stage !== "auth" && stage !== "connect"))(
    "$stage: $reply → $reason, where there is no other server",
    async ({ stage, reply, reason }) => {
      const main = await mail.server();
      main.set(stage === "data" ? "end" : stage, { kind: "reply", text: reply });
      const { report } = await sendBy(await mail.provider({ servers: [plain(main)] }));
      expect(report).toMatchObject({ state: "failed", reason });
    },
  );

  it("a message that a server refused goes over a new connection the next time", async () => {
    const main = await mail.server();
    main.set("rcpt", { kind: "reply", text: "550 5.1.1 no" });
    const provider = await mail.provider({ servers: [plain(main)] });
    await sendBy(provider);
    main.set("rcpt", null);
    expect((await sendBy(provider)).report.state).toBe("sent");
    expect(main.mails).toHaveLength(1);
  });
});

describe("an answer that is lost", () => {
  it.each([
    ["the connection ends after the final dot", { kind: "close", taken: true }],
    ["the server is silent after the final dot", { kind: "silence", taken: true }],
    ["the answer is neither a yes nor a no", { kind: "reply", text: "354 what?", taken: true }],
    ["the answer is no SMTP", { kind: "reply", text: "what?", taken: true }],
  ] as const)("%s: unknown_result, and no other server gets the message", async (_case, answer) => {
    const [main, backup] = [await mail.server(), await mail.server()];
    main.set("end", answer);
    const provider = await mail.provider({ servers: [plain(main), plain(backup, "backup")], reply_timeout_ms: 300 });
    const { report } = await sendBy(provider);
    expect(report).toEqual({
      state: "failed",
      reason: "unknown_result",
      result: { server: "main", smtp_reply: null },
    });
    expect(main.mails).toHaveLength(1);
    expect(backup.steps).not.toContain("mail");
  });

  it.each(["mail", "rcpt", "data"] as const)(
    "before the message was sent (%s) another server gets it",
    async (step) => {
      for (const kind of ["close", "silence"] as const) {
        const [main, backup] = [await mail.server(), await mail.server()];
        main.set(step, { kind });
        const provider = await mail.provider({
          servers: [plain(main), plain(backup, "backup")],
          reply_timeout_ms: 300,
        });
        expect((await sendBy(provider)).report).toMatchObject({ state: "sent", result: { server: "backup" } });
        expect([main.mails.length, backup.mails.length]).toEqual([0, 1]);
        await provider.stop(0);
      }
    },
  );

  it("a kept connection that the server has closed meanwhile is replaced, by the same server", async () => {
    const main = await mail.server();
    const provider = await mail.provider({ servers: [plain(main)] });
    main.once("mail", { kind: "close" });
    expect((await sendBy(provider)).report.state).toBe("sent");
    expect(main.mails).toHaveLength(1);
    expect(main.steps.filter((step) => step === "connect")).toHaveLength(2);
  });

  it("the whole deadline ends a message that no server answers", async () => {
    const main = await mail.server();
    main.set("mail", { kind: "silence" });
    const provider = await mail.provider({ servers: [plain(main)], submit_timeout_ms: 1000, reply_timeout_ms: 60_000 });
    expect((await sendBy(provider)).report).toMatchObject({ state: "failed", reason: "provider_down" });
    await expect.poll(() => main.connections()).toBe(0);
  });
});

describe("a server that is down", () => {
  it("is passed over, and used again once it is back", async () => {
    const port = await freePort("tcp");
    const backup = await mail.server();
    const provider = await mail.provider({ servers: [plain({ port }), plain(backup, "backup")] });
    expect(provider.health()).toMatchObject({ up: true, detail: expect.stringContaining("ECONNREFUSED") });
    expect((await sendBy(provider)).report).toMatchObject({ result: { server: "backup" } });
    const main = await mail.server({ port });
    await expect.poll(() => main.steps).toContain("connect");
    await expect.poll(async () => (await sendBy(provider)).report.result?.server).toBe("main");
  });

  it("is tried a second later, though several messages found it down together", async () => {
    const clock = manualClock();
    const main = await mail.server();
    const provider = await mail.provider({ servers: [plain(main)] }, clock);
    const reserved = await Promise.all(Array.from({ length: 5 }, () => provider.reserve(message)));
    await main.stop();
    await Promise.all(reserved.map((one) => one.submit(message)));
    expect(provider.health().up).toBe(false);
    const again = await mail.server({ port: main.port });
    clock.pass(1000);
    await expect.poll(() => again.steps).toContain("connect");
    await expect.poll(() => provider.health().up).toBe(true);
  });

  it("is noticed within a minute, though no message was sent", async () => {
    const clock = manualClock();
    const main = await mail.server();
    const provider = await mail.provider({ servers: [plain(main)] }, clock);
    expect(provider.health().up).toBe(true);
    await main.stop();
    clock.pass(59_000);
    expect(provider.health().up).toBe(true);
    clock.pass(1000);
    await expect.poll(() => provider.health().up).toBe(false);
  });

  it.each([
    ["refuses connections", "connect", { kind: "reply", text: "554 5.7.1 no", close: true }],
    ["closes connections", "connect", { kind: "close" }],
    ["never greets", "connect", { kind: "silence" }],
  ] as const)("which %s: starts are refused where there is no other", async (_case, step, answer) => {
    const main = await mail.server();
    main.set(step, answer);
    const provider = await mail.provider({ servers: [plain(main)], connect_timeout_ms: 300 });
    expect(provider.health().up).toBe(false);
    const refusal = await provider.reserve(message).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ code: "channel_unavailable", retryAfterMs: 5000 });
  });
});

describe("limits", () => {
  it("no more connections than configured; the next start waits, then is refused", async () => {
    const main = await mail.server();
    const servers = [plain(main, "main", { max_connections: 2 })];
    const provider = await mail.provider({ servers, max_wait_ms: 200 });
    const [one, two] = [await provider.reserve(message), await provider.reserve(message)];
    await expect(provider.reserve(message)).rejects.toMatchObject({ code: "capacity" });
    const third = provider.reserve(message);
    one.release();
    const reserved = await third;
    expect((await reserved.submit(message)).report.state).toBe("sent");
    expect((await two.submit(message)).report.state).toBe("sent");
    expect(main.connections()).toBeLessThanOrEqual(2);
  });

  it("a second server takes what the first has no place for", async () => {
    const [main, backup] = [await mail.server(), await mail.server()];
    const servers = [plain(main, "main", { messages_per_second: 1 }), plain(backup, "backup")];
    const provider = await mail.provider({ servers });
    const names = [];
    for (let sent = 0; sent < 3; sent++) names.push((await sendBy(provider)).report.result?.server);
    expect(names).toEqual(["main", "backup", "backup"]);
  });

  it("a start that waits for the rate gets its place when it is due", async () => {
    const main = await mail.server();
    const servers = [plain(main, "main", { messages_per_second: 10 })];
    const provider = await mail.provider({ servers });
    const reports = await Promise.all(Array.from({ length: 12 }, () => sendBy(provider)));
    expect(reports.map(({ report }) => report.state)).toEqual(Array(12).fill("sent"));
  });
});

describe("a server that refuses one more connection (421) while others are open", () => {
  const tooMany = { kind: "reply", text: "421 4.7.0 Too many connections", close: true } as const;

  it("is not down, and the message goes over the connection that it has", async () => {
    const main = await mail.server();
    const provider = await mail.provider({ servers: [plain(main)] }, manualClock());
    const [one, two] = [await provider.reserve(message), await provider.reserve(message)];
    main.once("connect", tooMany);
    const answers = await Promise.all([one.submit(message), two.submit(message)]);
    expect(answers.map(({ report }) => report.state)).toEqual(["sent", "sent"]);
    expect(main.mails).toHaveLength(2);
    expect(provider.health().up).toBe(true);
    (await provider.reserve(message)).release();
    expect(mail.log()).toContain("refused one more connection");
  });

  it("the next server takes the message, where there is one", async () => {
    const [main, backup] = [await mail.server(), await mail.server()];
    const provider = await mail.provider({ servers: [plain(main), plain(backup, "backup")] }, manualClock());
    const [one, two] = [await provider.reserve(message), await provider.reserve(message)];
    main.once("connect", tooMany);
    const answers = await Promise.all([one.submit(message), two.submit(message)]);
    expect(answers.map(({ report }) => report.result?.server)).toEqual(["main", "backup"]);
    expect((await sendBy(provider)).report.result?.server).toBe("main");
  });

  it("gets no more of them for a second, and then one to try", async () => {
    const clock = manualClock();
    const main = await mail.server();
    const provider = await mail.provider({ servers: [plain(main, "main", { messages_per_second: 1000 })] }, clock);
    const connects = () => main.steps.filter((step) => step === "connect").length;
    main.set("connect", tooMany);
    const answers = await Promise.all(Array.from({ length: 20 }, () => sendBy(provider)));
    expect(answers.map(({ report }) => report.state)).toEqual(Array(20).fill("sent"));
    // The one that was kept, and four that were opened beside it at once.
    expect(connects()).toBe(5);
    main.set("connect", null);
    clock.pass(1000);
    await Promise.all([sendBy(provider), sendBy(provider)]);
    expect(connects()).toBe(6);
  });

  it("a message that waits for it holds up none that another server takes, and waits no longer than its deadline", async () => {
    const clock = manualClock();
    const [main, backup] = [await mail.server(), await mail.server()];
    const provider = await mail.provider({ servers: [plain(main), plain(backup, "backup")] }, clock);
    const [one, two] = [await provider.reserve(message), await provider.reserve(message)];
    main.set("connect", tooMany);
    main.once("mail", { kind: "silence" });
    backup.once("rcpt", { kind: "reply", text: "451 4.7.1 Greylisted" });
    const stuck = one.submit(message);
    await expect.poll(() => main.steps).toContain("mail");
    const waiting = two.submit(message);
    await expect.poll(() => backup.steps).toContain("rcpt");
    for (let sent = 0; sent < 3; sent++) expect((await sendBy(provider)).report.result?.server).toBe("backup");
    clock.pass(30_000);
    for (const ended of [stuck, waiting]) expect((await ended).report).toMatchObject({ reason: "throttled" });
  });

  it("is down where no connection is left: starts are refused", async () => {
    const main = await mail.server();
    const provider = await mail.provider({ servers: [plain(main)] }, manualClock());
    main.set("connect", tooMany);
    main.once("mail", { kind: "close" });
    expect((await sendBy(provider)).report).toMatchObject({ state: "failed", reason: "throttled" });
    expect(provider.health().up).toBe(false);
  });
});

describe("TLS", () => {
  const login = { user: "onering", password: "correct horse battery" };

  it.each(["starttls", "tls"] as const)("%s with a private authority, and a login", async (security) => {
    const made = await certificate();
    const main = await mail.server({ security, certificate: made, login });
    const entry = { ...plain(main), security, ca: pemOf(made), ...login };
    const { report } = await sendBy(await mail.provider({ servers: [entry] }));
    expect(report.state).toBe("sent");
    expect(main.mails).toMatchObject([{ encrypted: true, authenticated: true }]);
  });

  it("checks the certificate against the host's name", async () => {
    const made = await certificate("localhost");
    const main = await mail.server({ security: "starttls", certificate: made });
    const entry = { ...plain(main), host: "localhost", security: "starttls", ca: pemOf(made) };
    expect((await sendBy(await mail.provider({ servers: [entry] }))).report.state).toBe("sent");
    const elsewhere = await mail.provider({ servers: [{ ...entry, host: "127.0.0.1" }] });
    expect(elsewhere.health()).toMatchObject({ up: false, detail: expect.stringMatching(/altnames/) });
  });

  it.each([
    ["starttls, and the authority is not known", "starttls", {}],
    ["tls, and the authority is not known", "tls", {}],
    ["starttls, and the certificate is another host's", "starttls", { name: "mail.example.com" }],
    ["tls, and the certificate is another host's", "tls", { name: "mail.example.com" }],
  ] as const)("%s: nothing is sent", async (_case, security, { name }: { name?: string }) => {
    const made = await certificate(name);
    const main = await mail.server({ security, certificate: made, login });
    const ca = name === undefined ? {} : { ca: pemOf(made) };
    const provider = await mail.provider({ servers: [{ ...plain(main), security, ...ca, ...login }] });
    expect(provider.health()).toMatchObject({ up: false, detail: expect.stringMatching(/certificate|altnames/i) });
    expect(main.steps).not.toContain("auth");
  });

  it("a server that offers no STARTTLS gets no message where it is required", async () => {
    const main = await mail.server();
    const provider = await mail.provider({ servers: [{ ...plain(main), security: "starttls" }] });
    expect(provider.health().up).toBe(false);
    expect(main.steps).not.toContain("mail");
  });

  it("a wrong password: the server is down, and the reason says so", async () => {
    const made = await certificate();
    const main = await mail.server({ security: "starttls", certificate: made, login });
    const entry = { ...plain(main), security: "starttls", ca: pemOf(made), ...login, password: "wrong" };
    const provider = await mail.provider({ servers: [entry] });
    expect(provider.health()).toMatchObject({ up: false, detail: expect.stringContaining("535 5.7.8") });
  });

  it("a server that offers no AUTH is down where a login is configured", async () => {
    const main = await mail.server();
    const provider = await mail.provider({ servers: [plain(main, "main", login)] });
    expect(provider.health()).toMatchObject({ up: false, detail: expect.stringContaining("AUTH") });
  });
});

describe("addresses outside ASCII", () => {
  const to = "用户@xn--r8jz45g.xn--zckzah";

  it("are sent with SMTPUTF8", async () => {
    const main = await mail.server();
    expect((await sendBy(await mail.provider({ servers: [plain(main)] }), { to })).report.state).toBe("sent");
    expect(main.mails).toMatchObject([{ to, parameters: expect.arrayContaining(["SMTPUTF8"]) }]);
  });

  it("are refused where no server offers it, and go to the one that does", async () => {
    const [old, modern] = [await mail.server({ smtpUtf8: false }), await mail.server()];
    const alone = await mail.provider({ servers: [plain(old)] });
    await expect(alone.reserve({ ...message, to })).rejects.toMatchObject({ code: "invalid_request" });
    const both = await mail.provider({ servers: [plain(old), plain(modern, "modern")] });
    expect((await sendBy(both, { to })).report).toMatchObject({ state: "sent", result: { server: "modern" } });
    expect(old.mails).toEqual([]);
  });
});

it("stop waits for a message in progress, and closes all connections", async () => {
  const main = await mail.server();
  const provider = await mail.provider({ servers: [plain(main)] });
  const reservation = await provider.reserve(message);
  const sending = reservation.submit(message);
  await provider.stop(5000);
  expect((await sending).report.state).toBe("sent");
  await expect(provider.reserve(message)).rejects.toMatchObject({ code: "channel_unavailable" });
  await expect.poll(() => main.connections()).toBe(0);
});
