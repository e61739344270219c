import { expect, it } from "vitest";
import { ask, standing, testServer } from "./support.ts";

/** @returns the lines of answered requests */
const requests = (log: readonly string[]) => log.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "request");

it("the line of a start, a check and a read names the verification beside the request's id", async () => {
  const { server, log } = await testServer();
  const answers = [
    await ask(server, "POST", "/v1/verifications", { to: standing.to }),
    await ask(server, "POST", `/v1/verifications/${standing.id}/check`, { code: "0000" }),
    await ask(server, "GET", `/v1/verifications/${standing.id}`),
  ];
  expect(answers.map(({ status }) => status)).toEqual([201, 200, 200]);
  expect(requests(log)).toMatchObject(
    answers.map(({ headers }) => ({ verification: standing.id, request: headers["x-request-id"] })),
  );
});

it("what stands in the place of an id is not logged: it may be a phone number", async () => {
  const { server, log } = await testServer();
  await ask(server, "GET", "/v1/verifications/+447400123456");
  expect(requests(log)).toHaveLength(1);
  expect(log.join("")).not.toContain("7400123456");
});
