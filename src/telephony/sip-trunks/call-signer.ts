/** Signs calls with the operator's STIR/SHAKEN key, which a reload replaces. */
import type { Logger } from "pino";
import { type Attestation, createSigner, type Signer } from "../../sip/identity/passport.ts";
import { hasTnAuthorizationList, readSigningKey } from "../../sip/identity/signing-key.ts";
import type { HeaderLine } from "../../sip/transaction/port.ts";
import { warnBeforeMs } from "./certificates.ts";
import type { StirShakenConfig } from "./identity-config.ts";

export interface CallSigner {
  /**
   * @param call numbers in E.164
   * @param attestation the trunk's; undefined: that of `sip.identity`
   * @returns Date and Identity; nothing where there is no key, or no certificate that is valid now
   */
  sign(
    call: { readonly callerId: string; readonly callee: string },
    attestation: Attestation | undefined,
    nowMs: number,
  ): readonly HeaderLine[];
  /** Takes another key, certificate or address of it for the next calls. @throws {Error} for a key that cannot be used */
  reload(config: StirShakenConfig | undefined): void;
}

interface Loaded {
  readonly sign: Signer;
  readonly attestation: Attestation;
  /** Infinity: not known. */
  readonly expiresAtMs: number;
}

/** @param config undefined: calls are not signed */
export function createCallSigner(
  config: StirShakenConfig | undefined,
  { nowMs: clockMs, logger }: { readonly nowMs: () => number; readonly logger: Pick<Logger, "info" | "warn"> },
): CallSigner {
  let loaded = load(config);
  let [soonLogged, expiryLogged] = [false, false];

  function load(given: StirShakenConfig | undefined): Loaded | null {
    if (given === undefined) return null;
    const key = readSigningKey(given.private_key, given.certificate ?? null, clockMs());
    if ("part" in key) throw new Error(`sip.identity.${key.part}: ${key.given} given, expected ${key.expected}`);
    const { attestation, x5u, origid = null, calling_name: callingName = null } = given;
    const { expiresAtMs } = key;
    const expires = expiresAtMs === null ? null : new Date(expiresAtMs).toISOString();
    logger.info({ x5u, attestation, expires }, "calls are signed (STIR/SHAKEN)");
    if (given.certificate !== undefined && !hasTnAuthorizationList(given.certificate)) {
      logger.warn("the STIR/SHAKEN certificate has no TNAuthorizationList (RFC 8226): carriers reject what it signs");
    }
    return {
      sign: createSigner(key, { x5u, origid, callingName }),
      attestation,
      expiresAtMs: expiresAtMs ?? Number.POSITIVE_INFINITY,
    };
  }

  return {
    sign(call, attestation, nowMs) {
      if (loaded === null) return [];
      if (!soonLogged && nowMs >= loaded.expiresAtMs - warnBeforeMs) {
        soonLogged = true;
        const expires = new Date(loaded.expiresAtMs).toISOString();
        logger.warn({ expires }, "the STIR/SHAKEN certificate expires soon: replace it and reload");
      }
      if (nowMs >= loaded.expiresAtMs) {
        // A call without a signature is better than one with an invalid one, which carriers may block.
        if (!expiryLogged) logger.warn("the STIR/SHAKEN certificate has expired: calls are not signed any more");
        expiryLogged = true;
        return [];
      }
      const { date, identity } = loaded.sign({ ...call, attestation: attestation ?? loaded.attestation }, nowMs);
      return [
        ["Date", date],
        ["Identity", identity],
      ];
    },
    reload(next) {
      loaded = load(next);
      [soonLogged, expiryLogged] = [false, false];
    },
  };
}
