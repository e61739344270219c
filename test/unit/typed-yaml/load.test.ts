/** The engine with a configuration that is not OneRing's: it has no section, prefix or check of its own. */
import { Type } from "typebox";
import { expect, test } from "vitest";
import { ConfigError } from "../../../src/typed-yaml/errors.ts";
import { type Definition, load } from "../../../src/typed-yaml/load.ts";
import { count, optionalSection, secret, section } from "../../../src/typed-yaml/parts.ts";

const schema = section("A lift.", {
  cabin: section("The cabin.", { max_people: count(8, 1, 20, "Passengers."), key: secret("Of the operator.", 4) }),
  floors: Type.Array(Type.String(), { minItems: 2, uniqueItems: true, description: "From the ground up." }),
  stops: optionalSection("Where it stops.", { lobby: Type.Optional(Type.String({ description: "A floor." })) }),
});

const lift: Definition<typeof schema> = {
  schema,
  checks: [
    {
      reads: ["floors", "stops"],
      problems: ({ floors, stops }, isSound) =>
        isSound(["floors"]) && stops.lobby !== undefined && !floors.includes(stops.lobby)
          ? [{ path: ["stops", "lobby"], given: stops.lobby, expected: "one of floors" }]
          : [],
    },
  ],
  variables: { prefix: "LIFT_", others: ["LIFT_HOME"] },
};

const document = { cabin: { key: "s3same" }, floors: ["ground", "first"] };

function problemsOf(document: unknown, env: Record<string, string> = {}): string[] {
  try {
    load(lift, { name: "lift.yaml", document, env });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split("\n").slice(1);
  }
}

test("defaults are filled in and variables with the given prefix override", () => {
  const env = { LIFT_CABIN_MAX_PEOPLE: "4", LIFT_HOME: "/opt/lift", ONERING_HTTP_PORT: "1", PATH: "/bin" };
  const config = load(lift, { name: "lift.yaml", document, env });
  expect(config.cabin).toEqual({ max_people: 4, key: "s3same" });
  expect(config.stops).toEqual({});
});

test("a variable with the prefix that is not a setting is refused, with the nearest name", () => {
  expect(problemsOf(document, { LIFT_CABIN_MAX_PEOPEL: "4" })).toEqual([
    expect.stringContaining("LIFT_CABIN_MAX_PEOPEL (environment): expected the name of a setting (did you mean LIFT_"),
  ]);
});

test("checks between values run on sound sections, and are skipped where what they read has problems", () => {
  const stops = { lobby: "roof" };
  expect(problemsOf({ ...document, stops })).toEqual(["  stops.lobby: roof given, expected one of floors"]);
  expect(problemsOf({ ...document, stops, floors: "roof" })).toEqual([
    "  floors: (hidden, 4 characters) given, expected a list of at least 2 unique strings",
  ]);
  expect(problemsOf({ cabin: document.cabin, stops })).toEqual([
    "  floors: nothing given, expected a list of at least 2 unique strings",
  ]);
});

test("secrets show their length only, an empty one says so", () => {
  expect(problemsOf({ ...document, cabin: { key: "abc" } })).toEqual([
    "  cabin.key: (hidden, 3 characters) given, expected a string of at least 4 characters",
  ]);
  expect(problemsOf({ ...document, cabin: { key: "" } })[0]).toContain("cabin.key: an empty string given");
});
