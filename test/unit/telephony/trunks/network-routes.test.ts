import { describe, expect, test } from "vitest";
import { createSmsRouting } from "../../../../src/channels/sms/routing.ts";
import type { Network } from "../../../../src/numbers/networks/types.ts";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import type { TrunkConfig } from "../../../../src/telephony/trunks/config.ts";
import { createNetworkRoutes } from "../../../../src/telephony/trunks/network-routes.ts";
import { createRouter } from "../../../../src/telephony/trunks/routes.ts";
import { plainNumbers } from "../../../support/plain-numbers.ts";
import { telephonyConfig } from "../telephony-config.ts";

const network = (name: string | null, mccMnc: string | null): Network => ({
  name,
  mccMnc,
  source: "enum",
  ported: null,
});
const networks = {
  known: (e164: string) =>
    ({ "+79161234567": network("MTS", "25001"), "+79261234567": network("MegaFon", null), "+74951234567": null })[
      e164
    ] ?? null,
};

describe("a route that names networks", () => {
  const routeOf = createNetworkRoutes(
    [
      { prefix: "+7", value: "Russia" },
      { prefix: "+7", networks: ["250-01"], value: "MTS" },
      { prefix: "+79", networks: ["megafon", "25099"], value: "MegaFon" },
      { prefix: "+791", networks: ["25099"], value: "Beeline in 91" },
    ],
    networks,
  );

  test.each([
    ["+79161234567", "MTS"],
    ["+79261234567", "MegaFon"],
    // The longest prefix wins, whether or not a shorter one names the network.
    ["+74951234567", "Russia"],
    ["+79991234567", "Russia"],
    ["+442071234567", undefined],
  ])("%s goes by %s", (number, route) => {
    expect(routeOf(number)).toBe(route);
  });

  test("without such a route no network is looked up", () => {
    const unknown = {
      known: () => {
        throw new Error("looked up");
      },
    };
    expect(createNetworkRoutes([{ prefix: "+7", value: "Russia" }], unknown)("+79161234567")).toBe("Russia");
  });
});

test("calls to a network take its trunk", () => {
  const trunk = { ...telephonyConfig().trunks.plus, ...plainNumbers } as TrunkConfig;
  const config = {
    trunks: { general: trunk, mts: trunk },
    routes: [
      { prefix: "+", trunks: ["general"] },
      { prefix: "+", networks: ["25001"], trunks: ["mts", "general"] },
    ],
  };
  const router = createRouter(config, cryptoRandom, networks);
  const trunksTo = (number: string) => router.pathsTo(number)?.map((path) => path.trunk);
  expect(trunksTo("+79161234567")).toEqual(["mts", "general"]);
  expect(trunksTo("+79261234567")).toEqual(["general"]);
});

test("messages to a network take its routes", () => {
  const prefixes = [
    { prefix: "+7", routes: ["general"] },
    { prefix: "+7", networks: ["MegaFon"], routes: ["megafon", "general"] },
  ];
  const routing = createSmsRouting({ routes: {}, prefixes, senders: [] }, networks);
  expect(routing.routesTo("+79261234567")).toEqual(["megafon", "general"]);
  expect(routing.routesTo("+79161234567")).toEqual(["general"]);
  expect(routing.routesTo("+442071234567")).toEqual([]);
});
