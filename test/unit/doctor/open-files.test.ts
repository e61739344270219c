import { expect, it } from "vitest";
import { examineOpenFiles } from "../../../src/doctor/open-files.ts";

const local = { max_concurrent_calls: 500, ari_url: "http://127.0.0.1:8088" };

it("a stock limit of 1024 open files is too low for 500 concurrent calls, of which each takes 4", async () => {
  const [finding] = await examineOpenFiles("pbx", local, async () => 1024);
  expect(finding).toMatchObject({
    level: "warn",
    what: "Asterisk pbx: may open 1024 files; 500 concurrent calls need 2200",
    fix: expect.stringContaining("LimitNOFILE=4096"),
  });
  expect(await examineOpenFiles("pbx", local, async () => 20_000)).toMatchObject([{ level: "ok", fix: null }]);
});

it("the limit of an Asterisk on another machine is not guessed from one here", async () => {
  const remote = { ...local, ari_url: "http://10.0.0.5:8088" };
  const [finding] = await examineOpenFiles("pbx", remote, async () => 1024);
  expect(finding).toMatchObject({ level: "hint", what: expect.stringContaining("its limit cannot be read from here") });
});
