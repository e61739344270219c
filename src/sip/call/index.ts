/** Places short calls over SIP; see port.ts. */

import { steadyClock } from "../../shared/clock.ts";
import { LatestMap } from "../../shared/latest-map.ts";
import { Timers } from "../../shared/timers.ts";
import { readCSeq, tagOf } from "../header.ts";
import { headerOf, type SipResponseMessage } from "../message.ts";
import type { HeaderLine, ServerTransaction } from "../transaction/port.ts";
import type { Flow } from "../transport/port.ts";
import { maxAnswers } from "./call-machine.ts";
import type { CallerParts } from "./caller-parts.ts";
import { ackOf, dialogOf } from "./dialog.ts";
import { DialogRequest, type DialogRequestParts } from "./dialog-request.ts";
import { type CallOwner, LiveCall } from "./live-call.ts";
import type { Caller, CallUser, OutgoingCall, SipCall, StrayTrunk } from "./port.ts";

export type { CallerParts } from "./caller-parts.ts";

/**
 * Between the INVITE's CSeq and that of the BYE of such a call: a PRACK, or another phone's BYE, may have had any in between, and what is
 * not above them gets 500 (RFC 3261 section 12.2.2), with the phone left answered. More than a call sends.
 */
const strayCSeqGap = 1000;
/** Calls of which 2xx without a transaction came lately. */
const keptStrays = 1000;

export function createCaller(parts: CallerParts): Caller {
  /** By Call-ID. */
  const calls = new Map<string, LiveCall>();
  /** How many strays of a call were answered, by our tag: a carrier can make any number of a call that it once had. */
  const strays = new LatestMap<string, number>(keptStrays);
  const userAgent: HeaderLine = ["User-Agent", parts.userAgent];
  /** RFC 8866 section 5.2 suggests a time; a number behind it is unique. */
  let session = Math.floor(parts.clock.nowMs() / 1000);

  const owner: CallOwner = {
    parts,
    timers: new Timers(steadyClock(parts.clock), parts.onError),
    ended(call) {
      if (calls.get(call.sipCallId) === call) calls.delete(call.sipCallId);
    },
  };

  return {
    place(call: OutgoingCall, user: CallUser): SipCall {
      const callId = `${call.id}@${parts.host}`;
      session += 1;
      const invite = {
        call,
        callId,
        from: `${call.from};tag=${parts.tagFor(callId)}`,
        userAgent,
        session,
        mediaHost: parts.mediaHost,
      };
      const live = new LiveCall(owner, invite, user);
      calls.set(callId, live);
      live.begin();
      return live;
    },

    receive(transaction: ServerTransaction): boolean {
      const { request } = transaction;
      if (tagOf(headerOf(request, "to") ?? "") === null) return false;
      const call = calls.get(headerOf(request, "call-id") ?? "");
      call?.receive(transaction);
      return call !== undefined;
    },

    receiveStray(response: SipResponseMessage, flow: Flow, { credentials, target }: StrayTrunk = {}): boolean {
      if (response.status < 200 || response.status > 299) return false;
      const dialog = dialogOf(response);
      if (dialog === null || readCSeq(headerOf(response, "cseq") ?? "")?.method !== "INVITE") return false;
      const ownTag = parts.tagFor(dialog.callId);
      const answered = strays.get(ownTag) ?? 0;
      if (tagOf(dialog.from) !== ownTag || answered >= maxAnswers) return false;
      strays.set(ownTag, answered + 1);
      parts.transactions.acknowledge(ackOf(dialog), flow);
      let cseq = dialog.cseq + strayCSeqGap;
      const bye: DialogRequestParts = {
        ...parts,
        digest: credentials == null ? null : parts.digests(credentials),
        accepted: null,
        target: target ?? { ...flow.remote, protocol: flow.protocol },
        nextCSeq: () => cseq++,
      };
      new DialogRequest(bye, dialog, "BYE", [], () => undefined).send(flow);
      return true;
    },

    get calls() {
      return calls.size;
    },

    stop() {
      for (const call of [...calls.values()]) call.stop();
    },
  };
}
