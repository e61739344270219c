/** What the doctor says of an Asterisk's sounds. */
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { examineVoice } from "../../../src/doctor/voice.ts";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { findSounds } from "../../../src/local/fetch/sound-bundle.ts";
import { promptTexts } from "../../../src/speech/texts.ts";
import { ariOf } from "../../../src/telephony/asterisk/access.ts";
import { withRuntime } from "../../support/processes.ts";
import { testConfig } from "../../support/test-config.ts";

const runtime = withRuntime();
const trunks = [{ name: "carrier", host: "127.0.0.1", port: 5099, transport: "udp", qualifySeconds: 0 }] as const;
const languages = Object.keys(promptTexts);
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-sounds-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function findings(asterisk: AsteriskServer, withKey = true) {
  const { ari } = asterisk;
  const own = { ari_url: ari.url, ari_user: ari.user, ari_password: ari.password };
  const { pbx } = testConfig({ asterisks: { pbx: own } }).asterisks;
  if (pbx === undefined) throw new Error("no Asterisk");
  return examineVoice("pbx", ariOf(pbx), languages, withKey);
}

it("all 20 languages are there after `npm run runtime`", async () => {
  const found = await findings(await runtime.asterisk({ trunks }));
  expect(found).toMatchObject([{ level: "ok" }]);
  expect(found[0]?.what).toBe(`Asterisk pbx: voice calls can be in ${languages.join(", ")}`);
});

it("a language that lacks a sound falls back, and is named with what it lacks", async () => {
  const whole = (await findSounds()) ?? "";
  await cp(path.join(whole, "en"), path.join(dir, "some/en"), { recursive: true });
  // Debian's recorded digits, without the prompts.
  await cp(path.join(whole, "ru/digits"), path.join(dir, "some/ru/digits"), { recursive: true });
  const asterisk = await runtime.asterisk({ trunks, sounds: path.join(dir, "some") });
  const found = await findings(asterisk);
  expect(found[0]).toMatchObject({ level: "ok", what: "Asterisk pbx: voice calls can be in en" });
  expect(found.find(({ what }) => what.includes(" in ru "))).toMatchObject({
    level: "warn",
    what: "Asterisk pbx: voice calls in ru fall back to en: no onering/press-1",
    fix: expect.stringContaining("onering prompts"),
  });
  expect(found.filter(({ level }) => level === "warn")).toHaveLength(languages.length - 1);
  // As docs/channel-voice.md says: what was added is known after this, without a restart.
  await cp(path.join(whole, "ru/onering"), path.join(dir, "some/ru/onering"), { recursive: true });
  await asterisk.cli("module reload sounds");
  await expect.poll(async () => (await findings(asterisk))[0]?.what).toBe("Asterisk pbx: voice calls can be in en, ru");
  await rm(path.join(dir, "some/ru/onering"), { recursive: true });
  await asterisk.cli("module reload sounds");
  // Without a key the digits are enough.
  const withoutKey = await findings(asterisk, false);
  expect(withoutKey[0]?.what).toBe("Asterisk pbx: voice calls can be in en, ru");
  expect(withoutKey.at(-1)?.what).toContain("onering/your-code or onering/again is missing in ru");
});

it("without English there are no voice calls", async () => {
  await mkdir(path.join(dir, "none"));
  const found = await findings(await runtime.asterisk({ trunks, sounds: path.join(dir, "none") }));
  expect(found).toMatchObject([{ level: "fail", what: expect.stringContaining("English, lacks digits/0, digits/1") }]);
});
