/** Settings of WhatsApp that do not fit together. */
import type { AppConfig } from "../../apps/config.ts";
import type { CrossCheck, IsSound } from "../../typed-yaml/cross-check.ts";
import type { Problem } from "../../typed-yaml/errors.ts";
import { didYouMean } from "../../typed-yaml/nearest.ts";
import type { WhatsAppConfig } from "./config.ts";

interface Sections {
  readonly whatsapp?: WhatsAppConfig;
  readonly apps: Readonly<Record<string, AppConfig>>;
}

export const whatsAppChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["whatsapp"], problems: tokensTravelEncrypted },
  { reads: ["whatsapp"], problems: numbersAreDifferent },
  { reads: ["whatsapp", "apps"], problems: templatesHaveApps },
];

function tokensTravelEncrypted({ whatsapp }: Sections, isSound: IsSound): Problem[] {
  const path = ["whatsapp", "api_url"];
  if (whatsapp === undefined || !isSound(path) || whatsapp.allow_private || whatsapp.api_url.startsWith("https:"))
    return [];
  const expected =
    "an address that starts with https://, because requests carry the access token (http only with allow_private)";
  return [{ path, given: JSON.stringify(whatsapp.api_url.slice(0, 80)), expected }];
}

function numbersAreDifferent({ whatsapp }: Sections, isSound: IsSound): Problem[] {
  if (whatsapp === undefined || !isSound(["whatsapp", "phone_numbers"])) return [];
  const seen = new Map<string, string>();
  return Object.entries(whatsapp.phone_numbers).flatMap(([name, { phone_number_id: id }]) => {
    const other = seen.get(id);
    seen.set(id, name);
    if (other === undefined) return [];
    const expected = `an id of its own: phone_numbers.${other} has the same, so its rate would be counted twice`;
    return [{ path: ["whatsapp", "phone_numbers", name, "phone_number_id"], given: id, expected }];
  });
}

function templatesHaveApps({ whatsapp, apps }: Sections, isSound: IsSound): Problem[] {
  if (whatsapp === undefined || !isSound(["whatsapp", "app_templates"])) return [];
  return Object.keys(whatsapp.app_templates ?? {}).flatMap((name) => {
    if (Object.hasOwn(apps, name)) return [];
    const expected = `the name of one of apps${didYouMean(name, Object.keys(apps))}`;
    return [{ path: ["whatsapp", "app_templates", name], given: JSON.stringify(name), expected }];
  });
}
