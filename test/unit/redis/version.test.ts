/** The look at the record version where its key's node does not answer. */
import { expect, it } from "vitest";
import { createVersionCheck } from "../../../src/redis/version.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import { ManualClock } from "../../support/manual-clock.ts";

function versionCheck() {
  const clock = new ManualClock();
  const ran: string[] = [];
  const node = { answers: true, highest: 5 };
  const check = createVersionCheck({
    own: 5,
    clock,
    logger: { fatal: () => undefined },
    async run(name) {
      ran.push(name);
      if (name !== "version") return ["done"];
      if (!node.answers) throw new Refusal("store_unavailable", "no answer", 1000);
      return [node.highest];
    },
    async read(name) {
      ran.push(name);
      return "text";
    },
  });
  return { check, node, ran, clock };
}

it("holds up every command until it was answered once", async () => {
  const { check, node, ran } = versionCheck();
  node.answers = false;
  await expect(check.run("check", "key", [])).rejects.toMatchObject({ code: "store_unavailable" });
  await expect(check.read("GET", "key")).rejects.toMatchObject({ code: "store_unavailable" });
  expect(ran).toEqual(["version", "version"]);
  node.answers = true;
  expect(await check.read("GET", "key")).toBe("text");
});

it("holds up nothing after a new connection, and is tried again a second later", async () => {
  const { check, node, ran, clock } = versionCheck();
  await check.check();
  node.answers = false;
  check.forget();
  expect(await check.run("check", "key", [])).toEqual(["done"]);
  expect(await check.run("check", "key", [])).toEqual(["done"]);
  expect(ran).toEqual(["version", "version", "check", "check"]);
  Object.assign(node, { answers: true, highest: 7 });
  clock.advance(1000);
  await expect(check.run("check", "key", [])).rejects.toMatchObject({ code: "store_unavailable" });
});
