/** Opt-outs as the composition root takes them. */
import type { Logger } from "pino";
import type { InboundTextReceiver } from "../channels/messages/inbound-text-port.ts";
import type { SmsConfig } from "../channels/sms/config.ts";
import { createSenderApps } from "../channels/sms/sender-apps.ts";
import type { EventSink } from "../events/sink-port.ts";
import type { GuardRule } from "../guard/rule.ts";
import type { Clock } from "../shared/clock.ts";
import { ownEntry } from "../shared/own-entry.ts";
import type { SubjectStore } from "../subjects/store-port.ts";
import type { KeySecrets } from "../verification/key-ring.ts";
import type { OptOutConfig } from "./config.ts";
import { createOptOutHashes } from "./hashes.ts";
import { type InboundOptOuts, receiveCalls, receiveTexts } from "./inbound.ts";
import { liftingSink } from "./lifting.ts";
import { createLinks } from "./links.ts";
import { optOutRule } from "./rule.ts";
import { createOptOuts, type OptOuts } from "./service.ts";
import type { OptOutMirror, OptOutRecords } from "./store-port.ts";
import { optOutSubjects } from "./subjects.ts";
import { createOptOutSync } from "./sync.ts";

/** What a link names: whom it opts out, and of what. */
export interface OptOutPage {
  /** The app as people know it. */
  readonly appName: string;
}

export interface OptOutLinks {
  /** A link for messages and pages of the app; null: `opt_out.link_base_url` is not configured. */
  make(to: string, app: string): { readonly url: string; readonly expiresAtMs: number } | null;
  /** What a link is about; changes nothing. Null: it was not made here, or has expired. */
  look(token: string): OptOutPage | null;
  /** Opts out. @returns null as `look` */
  act(token: string): Promise<OptOutPage | null>;
}

export interface OptOutModule {
  readonly service: OptOuts;
  readonly links: OptOutLinks;
  readonly rule: GuardRule;
  readonly texts: InboundTextReceiver;
  readonly calls: InboundOptOuts;
  readonly subjects: SubjectStore;
  /** For the relay. @param contacts whether a channel's deliveries reach out to the recipient */
  sink(contacts: (channel: string) => boolean): EventSink;
  start(): void;
  stop(): Promise<void>;
}

export function createOptOutModule(parts: {
  readonly config: {
    readonly opt_out: OptOutConfig;
    readonly secrets: { readonly hmac_key: string; readonly opt_out_key?: KeySecrets };
    /** The apps' names as people know them. */
    readonly messages: { readonly apps?: Readonly<Record<string, { readonly name?: string }>> };
    readonly sms?: SmsConfig;
  };
  readonly mirror: OptOutMirror;
  /** Null: nothing is recorded. */
  readonly records: OptOutRecords | null;
  readonly clock: Clock;
  readonly logger: Logger;
}): OptOutModule {
  const { mirror, records, clock, logger } = parts;
  const { opt_out: config, secrets, messages } = parts.config;
  const { hmac_key: hmacKey, opt_out_key: key } = secrets;
  const appName = (app: string) => ownEntry(messages.apps, app)?.name ?? app;
  const senderApps = createSenderApps(parts.config.sms);
  const hashes = createOptOutHashes(hmacKey, key);
  const tokens = createLinks({ hmacKey, own: key, days: config.link_days, clock });
  const sync = records === null ? null : createOptOutSync({ mirror, records, clock, logger });
  const service = createOptOuts({ mirror, records, hashes, wake: () => sync?.wake(), clock, logger });
  const calls = receiveCalls(config, service, logger);

  function look(token: string) {
    const target = tokens.read(token);
    return target === null ? null : { ...target, page: { appName: appName(target.app) } };
  }

  return {
    service,
    links: {
      make(to, app) {
        if (config.link_base_url === undefined) return null;
        const { token, expiresAtMs } = tokens.make({ callee: hashes.of(to), app });
        return { url: `${config.link_base_url}/o/${token}`, expiresAtMs };
      },
      look: (token) => look(token)?.page ?? null,
      async act(token) {
        const target = look(token);
        if (target === null) return null;
        // For its app alone, whatever the scope: an app that makes links could follow them to anybody.
        await service.optOutHash(target.callee, target.app, "link");
        return target.page;
      },
    },
    rule: optOutRule(service),
    texts: receiveTexts(config, service, senderApps),
    calls,
    subjects: optOutSubjects(service),
    sink: (contacts) => liftingSink(service, contacts),
    start: () => sync?.start(),
    async stop() {
      await calls.settled();
      sync?.stop();
    },
  };
}
