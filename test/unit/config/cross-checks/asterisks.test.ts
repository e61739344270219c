import { describe } from "vitest";
import type { Change } from "../config-files.ts";
import { cases, pbx } from "./cases.ts";

describe("an ari_url with a path was accepted, and the path dropped without a word", () => {
  const url =
    (ari_url: string): Change =>
    (c) =>
      (c.asterisks = { pbx: { ...pbx, ari_url } });
  cases([
    ["/ari", url("http://127.0.0.1:8088/ari"), /^asterisks\.pbx\.ari_url: .* → .*such as http:\/\/127\.0\.0\.1:8088:/],
    [
      "a prefix of http.conf",
      url("https://pbx:8089/asterisk/"),
      /^asterisks\.pbx\.ari_url: .*https:\/\/pbx:8089:.*prefix/,
    ],
    ["a query", url("http://127.0.0.1:8088/?app=x"), /^asterisks\.pbx\.ari_url: /],
  ]);
});
