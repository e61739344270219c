/** What the sides of the bench have in common. */
import type { SmppBindConfig } from "../../src/channels/sms/smpp/config.ts";

/** The account at the sink. */
export const account = { system_id: "bench", password: "benchpw" } as const;
/** More than ever wait for the sink's answers: the bench looks for the limit of the sides, not for a configured one. */
export const smppWindow = 1000;

/** The bind of each side to the sink, with limits that are never reached. */
export function sinkBind(port: number): SmppBindConfig {
  return {
    ...{ host: "127.0.0.1", port, ...account, system_type: "", address_range: "" },
    tls: { enabled: false, verify: true },
    ...{ messages_per_second: 10_000, window: smppWindow },
    ...{ alphabet: "gsm7", default_data_coding: 0, concatenation: "udh_8bit" },
  };
}

/** As long as the gateway's text in English; one segment. */
export const bareText = (code: string) =>
  `${code} is your code for bench. It works for 10 minutes. Never share it: we will not ask you for it.`;

/** To the sink: a round begins. Its answer comes when so many messages were taken since. */
export interface Expect {
  readonly messages: number;
}

/** Of the sink. */
export type SinkMessage =
  | { readonly type: "ready"; readonly port: number }
  /** The last expected one was taken. */
  | { readonly type: "taken"; readonly messages: number };

/** To the loop that only submits. */
export interface Submit {
  readonly messages: number;
  /** Outstanding at most. */
  readonly window: number;
}
