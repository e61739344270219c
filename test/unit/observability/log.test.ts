import { describe, expect, it } from "vitest";
import { createLogger } from "../../../src/observability/log.ts";

function logged(write: (logger: ReturnType<typeof createLogger>) => void, sandbox = false): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
  write(createLogger({ level: "info" }, { sandbox, stream }));
  return lines;
}

describe("the log", () => {
  it("is JSON lines with level and time in words", () => {
    const lines = logged((logger) => {
      logger.debug("too fine");
      logger.info({ trunk: "carrier" }, "trunk is usable");
    });
    expect(lines).toEqual([
      {
        level: "info",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        pid: process.pid,
        trunk: "carrier",
        msg: "trunk is usable",
      },
    ]);
  });

  it("says SANDBOX in every line of the sandbox, also of child loggers", () => {
    const lines = logged((logger) => logger.child({ part: "dialer" }).info("hello"), true);
    expect(lines).toMatchObject([{ mode: "SANDBOX", part: "dialer" }]);
  });

  it("hides what should never have been logged, at any depth", () => {
    const secrets = {
      authorization: "Bearer or_secret",
      password: "or_secret",
      code: "7391",
      caller_id: "+447700907391",
      callerId: "+447700907391",
      to: "+447911123456",
    };
    const lines = logged((logger) => {
      logger.info(secrets);
      logger.info({ attempt: secrets, headers: secrets, req: { headers: secrets } });
      logger.info({ list: [{ deep: { deeper: secrets } }], deep: { error: Object.assign(new Error("x"), secrets) } });
      logger.child({ attempt: secrets }).child({ to: secrets.to }).warn("child");
    });
    expect(JSON.stringify(lines)).not.toMatch(/or_secret|7391|447911/);
    expect(lines[0]).toMatchObject({ code: "[redacted]", to: "[redacted]" });
  });

  it("shows of an error its kind, message, stack, code and causes, and nothing that hangs on it", () => {
    const cause = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:6379"), { code: "ECONNREFUSED" });
    const error = Object.assign(new TypeError("cannot place +447911123456", { cause }), {
      command: { name: "evalsha", args: ["7391"] },
      config: { password: "or_secret" },
    });
    const [line] = logged((logger) => logger.error({ err: error }, "failed"));
    expect(line).toMatchObject({
      err: {
        type: "TypeError",
        message: "cannot place …56",
        stack: expect.stringContaining("log.test.ts"),
        cause: { message: "connect ECONNREFUSED 127.0.0.1:6379", errorCode: "ECONNREFUSED" },
      },
    });
    expect(JSON.stringify(line)).not.toMatch(/7391|or_secret|447911/);
  });

  it("makes no text of an error that comes without one", () => {
    const lines = logged((logger) => {
      logger.error(new Error("cannot place +447911123456"));
      logger.error({ err: new Error("cannot place +447911123456") });
    });
    expect(lines).toMatchObject([{ msg: "error", err: { message: "cannot place …56" } }, { msg: "error" }]);
    expect(JSON.stringify(lines)).not.toContain("447911");
  });

  it("takes what is no error, and errors that cause each other", () => {
    const [one, two] = logged((logger) => {
      logger.error({ err: "7391" }, "thrown");
      const circular = new Error("a");
      circular.cause = circular;
      logger.error({ err: circular }, "circular");
    });
    expect(JSON.stringify(one)).not.toContain("7391");
    expect(two).toMatchObject({ msg: "circular", err: { message: "a" } });
  });
});
