/** Checks the ARI user's rights: with a read-only user all other checks pass, but no call can be placed. */
import type { AriConfig } from "../telephony/asterisk/access.ts";
import { askAri } from "./ari-request.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

/** A channel that cannot exist: hanging it up needs the right to write and changes nothing. */
const noChannel = "onering-doctor-no-such-channel";

/** @returns nothing where ARI does not answer or refuses the password: `examineAsterisk` reports that */
export async function examineAriRights(name: string, asterisk: AriConfig): Promise<Finding[]> {
  let status: number;
  try {
    if ((await askAri(asterisk, "GET", "/asterisk/info?only=status")).status !== 200) return [];
    ({ status } = await askAri(asterisk, "DELETE", `/channels/${noChannel}`));
  } catch {
    return [];
  }
  if (status === 404) return [ok(`Asterisk ${name}: the ARI user ${asterisk.ari_user} may place calls`)];
  if (status === 403) {
    return [
      fail(
        `Asterisk ${name}: the ARI user ${asterisk.ari_user} may only read: no call can be placed`,
        `Set read_only = no for [${asterisk.ari_user}] in ari.conf, then \`module reload res_ari.so\`.`,
      ),
    ];
  }
  return [
    warn(
      `Asterisk ${name}: whether the ARI user ${asterisk.ari_user} may place calls is not known (HTTP ${status})`,
      `See [${asterisk.ari_user}] in ari.conf, and any proxy between here and ${asterisk.ari_url}.`,
    ),
  ];
}
