import { expect, test } from "vitest";
import type { Registration, RegistrationStatus } from "../../../../src/sip/registration/port.ts";
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
  let become: () => void = () => undefined;
  let change: () => void = () => undefined;
  const shared: SharedRegistrations = {
    whenRegistrar(receiver) {
      become = receiver;
    },
    publish: (trunk, { status, serviceRoute }) => did.push(`says ${trunk} ${status.registered} ${serviceRoute}`),
    of: () => known,
  };
  const own: Registration = {
    start: () => void did.push("REGISTER"),
    async stop() {
      did.push("removes");
      change();
    },
    status: () => bound,
    serviceRoute: ["<sip:edge;lr>"],
    path: [],
    flowClosed: () => undefined,
  };
  const registration = shareRegistration("a", shared, (onChange) => {
    change = onChange;
    return own;
  });
  return {
    registration,
    did,
    become: () => become(),
    change: () => change(),
    knows: (state: SharedState) => (known = state),
  };
}

test("a process that is not the one that registers sends nothing, and knows what that one knows", async () => {
  const { registration, did, knows } = world();
  registration.start();
  expect(registration.status()).toMatchObject({ registered: false, failure: "another process has not registered yet" });
  knows({ status: bound, serviceRoute: ["<sip:other;lr>"] });
  expect(registration.status().registered).toBe(true);
  expect(registration.serviceRoute).toEqual(["<sip:other;lr>"]);
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
  expect(did).toEqual(["REGISTER", "says a true <sip:edge;lr>", "removes"]);
});

test("one that becomes the registrar as it stops registers nothing", async () => {
  const { registration, did, become } = world();
  registration.start();
  await registration.stop();
  become();
  expect(did).toEqual([]);
});
