import { afterEach, expect, test, vi } from "vitest";
import { childEnvironment } from "../../../src/shared/child-environment.ts";

afterEach(() => void vi.unstubAllEnvs());

test("a child process learns where compiled code is kept, and no secret", () => {
  vi.stubEnv("ONERING_HMAC_KEY", "secret");
  vi.stubEnv("NODE_COMPILE_CACHE", "/var/cache/onering");
  expect(childEnvironment()).toEqual({ NODE_COMPILE_CACHE: "/var/cache/onering" });
});

test("without such a folder it learns nothing", () => {
  vi.stubEnv("NODE_COMPILE_CACHE", undefined);
  expect(childEnvironment()).toEqual({});
});
