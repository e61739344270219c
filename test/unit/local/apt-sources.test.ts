import { expect, test } from "vitest";
import { ownSources, parseOsRelease, parseUpdateUris, telephonySources } from "../../../src/local/fetch/apt-sources.ts";

const DEBIAN_12 = parseOsRelease('ID=debian\nVERSION_CODENAME=bookworm\nVERSION_ID="12"\n');
const UBUNTU_24 = parseOsRelease("ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\nUBUNTU_CODENAME=noble\n");
const MINT_22 = parseOsRelease(
  'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble\n',
);

/** What `apt-get update --print-uris` prints for one suite. */
function printed(uri: string, suite: string, ...components: string[]): string {
  const lines = components.map((name) => `'${uri}/dists/${suite}/${name}/binary-amd64/Packages.xz' x_Packages 0 `);
  return [`'${uri}/dists/${suite}/InRelease' x_InRelease 0 `, ...lines, ""].join("\n");
}

test("reads archives, their suites and components", () => {
  const text = printed("http://a.example/debian", "bookworm", "main", "contrib");
  expect(parseUpdateUris(text)).toEqual([
    { uri: "http://a.example/debian", suite: "bookworm", components: ["main", "contrib"] },
  ]);
});

test("Debian: suite forky of the archive that the machine uses, checked with Debian's keyring", () => {
  const archives = parseUpdateUris(
    printed("https://third.example/node_20.x", "nodistro", "main") +
      printed("http://a.example/debian-security", "bookworm-security", "main") +
      printed("http://a.example/debian", "bookworm-updates", "main") +
      printed("http://a.example/debian", "bookworm", "main", "non-free"),
  );
  expect(telephonySources(DEBIAN_12, archives, "/keys/debian.gpg")).toEqual([
    "deb [signed-by=/keys/debian.gpg] http://a.example/debian forky main",
  ]);
});

test.each([
  ["Ubuntu", UBUNTU_24],
  ["a derivative of Ubuntu", MINT_22],
])("%s: its own suites with universe, where asterisk lies", (_, os) => {
  const archives = parseUpdateUris(
    printed("http://a.example/ubuntu", "noble", "main", "universe", "multiverse") +
      printed("http://a.example/ubuntu", "noble-updates", "main", "universe") +
      printed("http://a.example/ubuntu", "noble-backports", "main", "universe") +
      printed("http://mint.example", "wilma", "main"),
  );
  expect(telephonySources(os, archives)).toEqual([
    "deb http://a.example/ubuntu noble main universe",
    "deb http://a.example/ubuntu noble-updates main universe",
  ]);
});

test("a third-party archive that uses the suite's name is left out", () => {
  const archives = parseUpdateUris(
    printed("https://third.example/repo", "bookworm", "main") +
      printed("http://a.example/debian", "bookworm", "main") +
      printed("http://a.example/debian-security", "bookworm-security", "main"),
  );
  expect(ownSources(DEBIAN_12, archives)).toEqual([
    "deb http://a.example/debian bookworm main",
    "deb http://a.example/debian-security bookworm-security main",
  ]);
});

test("an archive behind a mirror list, or one whose path names no distribution, is found too", () => {
  const list = parseUpdateUris(printed("mirror+file:/etc/apt/mirrors/debian.list", "bookworm", "main"));
  expect(telephonySources(DEBIAN_12, list)).toEqual(["deb mirror+file:/etc/apt/mirrors/debian.list forky main"]);
  const proxy = parseUpdateUris(printed("https://proxy.example/repository/apt", "stable", "main"));
  expect(telephonySources(DEBIAN_12, proxy)).toEqual(["deb https://proxy.example/repository/apt forky main"]);
});

test("a machine without a usable archive yields none", () => {
  expect(telephonySources(parseOsRelease(""), [])).toEqual([]);
});
