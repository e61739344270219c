/** All checks between values: each feature's own, and those of this folder that span several features. */
import { appChecks } from "../apps/config-checks.ts";
import { testNumberChecks } from "../apps/test-numbers-checks.ts";
import { callerIdChecks } from "../caller-ids/ranges-config-checks.ts";
import { callerIdReputationChecks } from "../caller-ids/reputation-config-checks.ts";
import { callInChecks } from "../channels/call-in/config-checks.ts";
import { emailChecks } from "../channels/email/config-checks.ts";
import { messagesChecks } from "../channels/messages/config-checks.ts";
import { missedCallChecks } from "../channels/missed-call/config-checks.ts";
import { pushChecks } from "../channels/push/config-checks.ts";
import { smsChecks } from "../channels/sms/config-checks.ts";
import { voiceChecks } from "../channels/voice/config-checks.ts";
import { whatsAppChecks } from "../channels/whatsapp/config-checks.ts";
import { canaryChecks } from "../doctor/canary/config-checks.ts";
import { httpChecks } from "../http/config-checks.ts";
import { humanCheckChecks } from "../human-check/config-checks.ts";
import { liveChecks } from "../live/config-checks.ts";
import { numbersChecks } from "../numbers/config-checks.ts";
import { liveCheckChecks } from "../numbers/live-check/config-checks.ts";
import { networksChecks } from "../numbers/networks/config-checks.ts";
import { optOutChecks } from "../opt-out/config-checks.ts";
import { processChecks } from "../processes/config-checks.ts";
import { proofChecks } from "../proofs/config-checks.ts";
import { recordsChecks } from "../records/config-checks.ts";
import { redisChecks } from "../redis/config-checks.ts";
import { asteriskChecks } from "../telephony/asterisk/config-checks.ts";
import { sipCaptureChecks } from "../telephony/sip-capture/config-checks.ts";
import { sipChecks } from "../telephony/sip-trunks/config-checks.ts";
import { trunkChecks } from "../telephony/trunks/config-checks.ts";
import { routeChecks } from "../telephony/trunks/routes-config-checks.ts";
import type { CrossCheck } from "../typed-yaml/cross-check.ts";
import { verificationChecks } from "../verification/config-checks.ts";
import { webhookChecks } from "../webhooks/config-checks.ts";
import { channelChecks } from "./channels.ts";
import { numberFormatChecks } from "./number-formats.ts";
import { profileChecks } from "./profiles.ts";
import { referenceChecks } from "./references.ts";
import type { Config } from "./schema.ts";
import { secretChecks } from "./secrets.ts";

export const checks: readonly CrossCheck<Config>[] = [
  ...referenceChecks,
  ...httpChecks,
  ...redisChecks,
  ...recordsChecks,
  ...processChecks,
  ...asteriskChecks,
  ...routeChecks,
  ...numbersChecks,
  ...liveCheckChecks,
  ...networksChecks,
  ...appChecks,
  ...testNumberChecks,
  ...trunkChecks,
  ...numberFormatChecks,
  ...callerIdChecks,
  ...callerIdReputationChecks,
  ...verificationChecks,
  ...channelChecks,
  ...profileChecks,
  ...missedCallChecks,
  ...callInChecks,
  ...messagesChecks,
  ...smsChecks,
  ...emailChecks,
  ...whatsAppChecks,
  ...pushChecks,
  ...voiceChecks,
  ...secretChecks,
  ...sipCaptureChecks,
  ...sipChecks,
  ...canaryChecks,
  ...liveChecks,
  ...webhookChecks,
  ...proofChecks,
  ...optOutChecks,
  ...humanCheckChecks,
];
