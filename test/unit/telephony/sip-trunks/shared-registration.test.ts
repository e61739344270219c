import { expect, test } from "vitest";
import type { KnownBinding, Registration, RegistrationStatus } from "../../../../src/sip/registration/port.ts";
import {
  type SharedRegistrations,
  type SharedState,
  shareRegistration,
} from "../../../../src/telephony/sip-trunks/shared-registration.ts";

const bound: RegistrationStatus = {
  ...{ registered: true, activity: "waiting", expiresInMs: 60_000, failures: 0, failure: null, failureStatus: null },
};

function world() {
  const did: string[] = [];
  let known: SharedState | null = null;
  let nowMs = 1_000_000;
  let become: () => void = () => undefined;
  let change: () => void = () => undefined;
  const shared: SharedRegistrations = {
    whenRegistrar(receiver) {
      become = receiver;
    },
    publish: (trunk, { status, serviceRoute, atMs }) =>
      did.push(`says ${trunk} ${status.registered} ${serviceRoute} ${atMs}`),
    of: () => known,
  };
  const own: Registration = {
    start: (binding?: KnownBinding) => void did.push(`REGISTER ${JSON.stringify(binding ?? null)}`),
    async stop() {
      did.push("removes");
      change();
    },
    status: () => bound,
    serviceRoute: ["<sip:edge;lr>"],
    registrar: null,
    path: [],
    flowClosed: () => undefined,
  };
  const make = (onChange: () => void) => {
    change = onChange;
    return own;
  };
  const registration = shareRegistration("a", shared, make, () => nowMs);
  return {
    registration,
    did,
    become: () => become(),
    change: () => change(),
    knows: (state: Omit<SharedState, "atMs">) => (known = { ...state, atMs: nowMs }),
    pass: (ms: number) => (nowMs += ms),
  };
}

test("a process that is not the one that registers sends nothing, and knows what that one knows", async () => {
  const { registration, did, knows, pass } = world();
  registration.start();
  expect(registration.status()).toMatchObject({ registered: false, failure: "another process has not registered yet" });
  knows({ status: bound, serviceRoute: ["<sip:other;lr>"] });
  pass(20_000);
  expect(registration.status()).toEqual({ ...bound, expiresInMs: 40_000 });
  expect(registration.serviceRoute).toEqual(["<sip:other;lr>"]);
  pass(40_000);
  expect(registration.status()).toEqual({ ...bound, registered: false, expiresInMs: null });
  await registration.stop();
  expect(did).toEqual([]);
});

test("the one that is to register does, and tells the others; not that it stops, as another one goes on", async () => {
  const { registration, did, become, change } = world();
  registration.start();
  become();
  change();
  become();
  await registration.stop();
  expect(did).toEqual(["REGISTER null", "says a true <sip:edge;lr> 1000000", "removes"]);
});

test("one that becomes the registrar as it stops registers nothing", async () => {
  const { registration, did, become } = world();
  registration.start();
  await registration.stop();
  become();
  expect(did).toEqual([]);
});

test("the one that takes over begins with the binding that the one before made, while it is valid", () => {
  const binding = { serviceRoute: ["<sip:other;lr>"], expiresInMs: 50_000 };
  for (const [passedMs, handedOver] of [
    [10_000, binding],
    [60_000, null],
  ] as const) {
    const { registration, did, become, knows, pass } = world();
    registration.start();
    knows({ status: bound, serviceRoute: binding.serviceRoute });
    pass(passedMs);
    become();
    expect(did).toHaveLength(1);
    expect(JSON.parse(did[0]?.replace("REGISTER ", "") ?? "")).toEqual(handedOver);
  }
});
