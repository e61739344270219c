/** Starts by an app's backend, and by pages with a start token. */
import type { FastifyRequest } from "fastify";
import { requireHuman } from "../../human-check/require.ts";
import type { Numbers } from "../../numbers/ports.ts";
import { Refusal } from "../../shared/refusal.ts";
import type { ClientIsGone, Verification, Verifications } from "../../verification/types.ts";
import { appOf } from "../auth/app.ts";
import type { Pages } from "../tokens/pages.ts";
import { fixedBody, narrowed, pageChoice } from "./fixed-body.ts";
import { startRequest } from "./representations.ts";
import type { StartBody } from "./schemas.ts";

export interface Started {
  readonly verification: Verification;
  /** Null: none was asked for, or the verification has ended. */
  readonly token: string | null;
}

export type StartByRequest = (
  request: FastifyRequest,
  body: StartBody,
  idempotencyKey: string | null,
  clientIsGone: ClientIsGone,
) => Promise<Started>;

export function createStart(
  verifications: Pick<Verifications, "start">,
  numbers: Pick<Numbers, "examine">,
  { tokens, humanChecks, countHumanCheck: count, apps, origins, keyHolds }: Pages,
): StartByRequest {
  async function byBackend(...[request, body, idempotencyKey, clientIsGone]: Parameters<StartByRequest>) {
    const app = appOf(request);
    const { client_token: wanted = apps.profileOf(app.name).clientTokens } = body;
    const verification = await verifications.start(app, startRequest(body), idempotencyKey, clientIsGone);
    return { verification, token: wanted ? tokens.clientToken(verification, null) : null };
  }

  return async (request, body, idempotencyKey, clientIsGone) => {
    const { holder, ip } = request;
    if (holder?.kind !== "start") return byBackend(request, body, idempotencyKey, clientIsGone);
    const app = appOf(request);
    const grant = holder.grant();
    if (!keyHolds(app.name, grant.keyId)) {
      throw new Refusal("unauthorized", "The API key that made this start token was revoked.");
    }
    const asked = startRequest(fixedBody(grant, body, { ip, numbers }));
    const { humanCheck } = apps.profileOf(app.name);
    const about = { challenge: holder.challenge, ip, hostnames: origins.hostsOf(app.name) };
    const check =
      humanCheck === null
        ? null
        : () =>
            requireHuman(humanChecks, humanCheck, body.human_check, about, {
              ...{ app: app.name, logger: request.log },
              count,
            });
    const start = (key: string | null) => verifications.start(narrowed(app, grant), asked, key, clientIsGone);
    const by = { idempotencyKey, choice: pageChoice(body) };
    const verification = await tokens.use(holder, by, check, start);
    return { verification, token: tokens.clientToken(verification, grant.channels) };
  };
}
