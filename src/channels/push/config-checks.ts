/** Settings of push that do not fit together, and keys that cannot be read. */
import { createPrivateKey } from "node:crypto";
import type { AppConfig } from "../../apps/config.ts";
import type { CrossCheck, IsSound } from "../../typed-yaml/cross-check.ts";
import type { Path, Problem } from "../../typed-yaml/errors.ts";
import { didYouMean } from "../../typed-yaml/nearest.ts";
import type { PushConfig } from "./config.ts";
import { parseServiceAccount } from "./fcm/service-account.ts";
import { vapidKeys } from "./web-push/vapid.ts";

interface Sections {
  readonly push?: PushConfig;
  readonly apps: Readonly<Record<string, AppConfig>>;
}

const kinds = ["fcm", "apns", "web_push"] as const;

export const pushChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["push"], problems: hasAService },
  { reads: ["push"], problems: keysCanBeRead },
  { reads: ["push"], problems: tokensTravelEncrypted },
  { reads: ["push", "apps"], problems: appsHaveOneEntry },
];

function hasAService({ push }: Sections): Problem[] {
  if (push === undefined || kinds.some((kind) => push[kind] !== undefined)) return [];
  return [{ path: ["push"], given: "none of them", expected: "at least one of fcm, apns and web_push" }];
}

function keysCanBeRead({ push }: Sections, isSound: IsSound): Problem[] {
  if (push === undefined) return [];
  const hidden = (path: Path, expected: string): Problem => ({ path, given: "(hidden)", expected });
  const ofFcm = sound(push.fcm, "fcm", isSound).flatMap(([path, { service_account: text }]) => {
    const parsed = parseServiceAccount(text);
    return "problem" in parsed ? [hidden([...path, "service_account"], parsed.problem)] : [];
  });
  const ofApns = sound(push.apns, "apns", isSound).flatMap(([path, { private_key: pem }]) =>
    isP256(pem) ? [] : [hidden([...path, "private_key"], "the content of a .p8 file: a key of the curve P-256 in PEM")],
  );
  const ofWebPush = sound(push.web_push, "web_push", isSound).flatMap(([path, own]) =>
    vapidKeys(own.public_key, own.private_key) === null
      ? [hidden([...path, "private_key"], "the VAPID private key that belongs to public_key")]
      : [],
  );
  return [...ofFcm, ...ofApns, ...ofWebPush];
}

function tokensTravelEncrypted({ push }: Sections, isSound: IsSound): Problem[] {
  if (push === undefined || push.allow_private) return [];
  const urls = [
    ...sound(push.fcm, "fcm", isSound).flatMap(([path, { api_url, service_account }]) => {
      const parsed = parseServiceAccount(service_account);
      const tokenUrl = "account" in parsed ? parsed.account.tokenUrl.href : undefined;
      return [[[...path, "api_url"], api_url] as const, [[...path, "service_account"], tokenUrl] as const];
    }),
    ...sound(push.apns, "apns", isSound).map(([path, { api_url }]) => [[...path, "api_url"], api_url] as const),
  ];
  const expected =
    "an address that starts with https://, because requests carry credentials (http only with allow_private)";
  return urls.flatMap(([path, url]) =>
    url === undefined || url.startsWith("https:") ? [] : [{ path, given: "http://", expected }],
  );
}

function appsHaveOneEntry({ push, apps }: Sections, isSound: IsSound): Problem[] {
  if (push === undefined) return [];
  return kinds.flatMap((kind) => {
    const taken = new Map<string, string>();
    return sound<{ readonly apps?: readonly string[] }>(push[kind], kind, isSound).flatMap(([path, entry]) => {
      const name = String(path.at(-1));
      // An entry without apps serves all others; there can be one.
      return (entry.apps ?? ["*"]).flatMap((app, index): Problem[] => {
        const at = entry.apps === undefined ? path : [...path, "apps", index];
        const other = taken.get(app);
        taken.set(app, name);
        if (other !== undefined) {
          const expected = app === "*" ? "`apps` in all entries but one" : "an app that no other entry names";
          return [{ path: at, given: `the same as ${kind}.${other}`, expected }];
        }
        if (app === "*" || Object.hasOwn(apps, app)) return [];
        const expected = `the name of one of apps${didYouMean(app, Object.keys(apps))}`;
        return [{ path: at, given: JSON.stringify(app), expected }];
      });
    });
  });
}

function sound<C>(
  entries: Readonly<Record<string, C>> | undefined,
  kind: string,
  isSound: IsSound,
): readonly (readonly [Path, C])[] {
  return Object.entries(entries ?? {})
    .map(([name, entry]) => [["push", kind, name], entry] as const)
    .filter(([path]) => isSound(path));
}

function isP256(pem: string): boolean {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem);
    return asymmetricKeyType === "ec" && asymmetricKeyDetails?.namedCurve === "prime256v1";
  } catch {
    return false;
  }
}
