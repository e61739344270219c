/** Which channels a verification uses, in which order: of the request, else of the app, else of the gateway. */
import { type AppProfile, type ProfileStep, readStep } from "../apps/profile.ts";
import { createNetworkTable } from "../numbers/networks/match.ts";
import { type Networks, noNetworks } from "../numbers/networks/ports.ts";
import { Refusal } from "../shared/refusal.ts";
import { didYouMean } from "../typed-yaml/nearest.ts";
import type { ChannelSet, OpenChannel } from "./channel-set.ts";
import { leastCodeDigits, leastLifetimeMs } from "./codes.ts";
import type { VerificationSettings } from "./config.ts";
import { type FirstChannels, firstChannelsOf } from "./first-channels.ts";
import type { CalleeRef } from "./hashes.ts";
import { channelNotAllowed, noOwnRecipient } from "./refusals.ts";
import type { PlannedStep, StartRequest, StepRequest } from "./types.ts";

/** Between the delivery and the next step where neither the step nor the channel says it. */
const standardWaitMs = 30_000;

/** A recipient that was read. */
export interface RecipientRef {
  readonly to: string;
  readonly country: string | null;
  readonly callee: CalleeRef;
}

export interface PlanStep extends PlannedStep {
  readonly open: OpenChannel;
  readonly recipient: RecipientRef;
}

/** The defaults of `verification`. */
export interface WorkflowDefaults extends FirstChannels {
  readonly workflow: readonly ProfileStep[] | null;
  readonly ttlMs: number;
  /** Codes with fewer digits are found by the wrong checks of one callee with more than max_guess_probability. */
  readonly leastDigits: number;
}

export function workflowDefaults(settings: VerificationSettings): WorkflowDefaults {
  const { workflow, first_channel: firstChannel, ttl_seconds: ttl } = settings;
  return {
    ...{ workflow: workflow?.map(readStep) ?? null, firstChannel: firstChannel ?? {}, ttlMs: ttl * 1000 },
    channelsByNetwork: createNetworkTable(Object.entries(settings.channels_by_network ?? {})),
    leastDigits: leastCodeDigits(settings),
  };
}

/**
 * What a configured name of a channel must be instead; null: it is right. The rule for every place that names one.
 * @param usable names of the channels that this gateway has
 */
export function notConfigured(name: string, usable: readonly string[]): string | null {
  if (usable.includes(name)) return null;
  return `a channel that is configured on this gateway: ${usable.join(", ")}${didYouMean(name, usable)}`;
}

/**
 * What is wrong with configured workflows, for an operator: only the composition root knows the channels.
 * @param named each default workflow by its key in the configuration
 */
export function workflowProblems(
  named: Readonly<Record<string, readonly ProfileStep[] | null>>,
  { firstChannel, ttlMs }: WorkflowDefaults,
  channels: ChannelSet,
): readonly string[] {
  const usable = channels.usable.map(({ name }) => name);
  const unknown = (path: string, name: string) => {
    const expected = notConfigured(name, usable);
    return expected === null ? [] : [`${path}: ${name} → expected ${expected}`];
  };
  return [
    ...Object.entries(firstChannel).flatMap(([key, name]) => unknown(`verification.first_channel.${key}`, name)),
    ...Object.entries(named).flatMap(([path, steps]) =>
      (steps ?? []).flatMap(({ channel, waitMs }, i) => {
        const step = `${path}[${i}]`;
        const open = channels.find(channel);
        if (open === undefined || !open.enabled) return unknown(step, channel);
        const most = longestWaitMs(open.setupLimitMs, ttlMs);
        if (i === (steps ?? []).length - 1 || (waitMs ?? open.waitMs ?? standardWaitMs) <= most) return [];
        return [
          `${step}: a wait above ${Math.floor(most / 1000)} s leaves the next step less than a minute of ttl_seconds (${ttlMs / 1000})`,
        ];
      }),
    ),
  ];
}

/** Reads a recipient for one channel. @throws {Refusal} */
export type ReadRecipient = (channel: OpenChannel, to: string) => RecipientRef;

/**
 * The steps of a verification; one, where there is no workflow.
 * @throws {Refusal} where one of them is not possible or not permitted
 */
export function planOf(
  request: StartRequest,
  profile: AppProfile,
  channels: ChannelSet,
  defaults: WorkflowDefaults,
  read: ReadRecipient,
  networks: Pick<Networks, "known"> = noNetworks,
): readonly PlanStep[] {
  const named = namedSteps(request);
  const wanted = named ?? standardSteps(request, profile, channels, defaults, read, networks);
  const { calls = null, codeLength = null } = request;
  const ownLength = codeLength ?? profile.codeLength;
  const several = wanted.length > 1;
  const first = readFirst(wanted, request, channels, read);
  const steps = wanted.map(({ channel: name, to, waitMs }): PlanStep => {
    const open = channels.wanted(name);
    if (profile.channels !== null && !profile.channels.includes(open.name)) throw channelNotAllowed(open.name);
    const recipient = to === undefined ? read(open, request.to) : read(open, to);
    const own = recipient.to !== first.to;
    if (own && open.codes !== "derived") throw noOwnRecipient(open.name);
    return {
      ...{
        open,
        recipient,
        channel: open.name,
        to: own ? recipient.to : null,
        country: own ? recipient.country : null,
        callee: own ? recipient.callee.hash : null,
      },
      waitMs: waitMs ?? open.waitMs ?? standardWaitMs,
      // A channel that is asked alone refuses what it does not have; in a workflow others may have it.
      calls: several && open.codes !== "own" ? null : calls,
      codeLength: open.codes === "derived" ? ownLength : several && open.codes === null ? null : codeLength,
    };
  });
  refuseShortCodes(steps, request, defaults.leastDigits, profile.codeLength);
  refuseMixed(steps, profile);
  refuseLongWaits(steps, profile.ttlMs ?? defaults.ttlMs);
  return steps;
}

function namedSteps({ channel, workflow }: StartRequest): readonly StepRequest[] | null {
  if (channel !== undefined && workflow !== undefined) {
    throw new Refusal("invalid_request", "Give either `channel` or `workflow`, not both.");
  }
  return workflow ?? (channel === undefined ? null : [{ channel }]);
}

/** The default: what this gateway or app cannot use is left out. */
function standardSteps(
  request: StartRequest,
  profile: AppProfile,
  channels: ChannelSet,
  defaults: WorkflowDefaults,
  read: ReadRecipient,
  networks: Pick<Networks, "known">,
): readonly StepRequest[] {
  const permitted = channels.usable.filter(({ name }) => profile.channels === null || profile.channels.includes(name));
  const [standard] = permitted;
  if (standard === undefined)
    throw new Refusal("not_supported", "No channel is available to this app on this gateway.");
  const steps = (profile.workflow ?? defaults.workflow ?? [{ channel: standard.name, waitMs: null }]).filter((step) =>
    permitted.some(({ name }) => name === step.channel),
  );
  const start = steps[0]?.channel ?? standard.name;
  const recipient = () => read(channels.wanted(start), request.to);
  const preferred = firstChannelsOf(defaults, profile, recipient, networks).filter((name) =>
    permitted.some((channel) => channel.name === name),
  );
  const first = preferred.length === 0 ? [start] : preferred;
  const rest = steps.filter(({ channel }) => !first.includes(channel));
  const own = first.map((name) => steps.find(({ channel }) => channel === name) ?? { channel: name, waitMs: null });
  // A single default channel is replaced by the preferred ones, a workflow begins with them.
  return [...own, ...((profile.workflow ?? defaults.workflow) ? rest : [])].map(({ channel, waitMs }) => ({
    channel,
    ...(waitMs !== null && { waitMs }),
  }));
}

/** Where the record lives: with the first step's recipient. */
function readFirst(
  [step]: readonly StepRequest[],
  request: StartRequest,
  channels: ChannelSet,
  read: ReadRecipient,
): RecipientRef {
  return read(channels.wanted(step?.channel ?? null), step?.to ?? request.to);
}

/** Of a caller ID's own digits the ranges decide; a code that is sent or given has as many as the request says. */
function refuseShortCodes(
  steps: readonly PlanStep[],
  { code }: StartRequest,
  ofGateway: number,
  ofApp: number | null,
): void {
  const least = Math.max(ofGateway, ofApp ?? 0);
  const wanted = steps.flatMap(({ open, codeLength }) => (open.codes === "derived" ? (codeLength ?? []) : []));
  const shortest = Math.min(...wanted, code?.length ?? Number.POSITIVE_INFINITY);
  if (shortest >= least) return;
  const name = code === undefined ? "`code_length`" : "`code`";
  throw new Refusal(
    "invalid_request",
    shortest < ofGateway
      ? `${name}: a code of ${shortest} digits is guessed too easily on this gateway; it needs at least ${least}.`
      : `${name}: this app's codes have at least ${least} digits (apps.<name>.code_length); this one has ${shortest}.`,
  );
}

function refuseMixed(steps: readonly PlanStep[], profile: AppProfile): void {
  const proven = new Set(steps.map(({ open, recipient }) => `${open.proves} ${recipient.to}`));
  if (proven.size === 1 || profile.mixedProofs) return;
  throw new Refusal(
    "forbidden",
    "The steps prove different things, or different recipients; that needs apps.<name>.mixed_proofs.",
  );
}

/** After its wait the next step must have a minute, or its code could not be typed in time. */
function refuseLongWaits(steps: readonly PlanStep[], ttlMs: number): void {
  for (const [i, { open, waitMs }] of steps.slice(0, -1).entries()) {
    const most = longestWaitMs(open.setupLimitMs, ttlMs);
    if (waitMs <= most) continue;
    throw new Refusal(
      "invalid_request",
      `\`workflow\` step ${i + 1} (${open.name}) waits ${waitMs / 1000} s; at most ${Math.max(0, Math.floor(most / 1000))} s leave the next step a minute.`,
    );
  }
}

/** The longest wait of a step, in ms; below 0 where no step can follow the channel. */
export function longestWaitMs(setupLimitMs: number, ttlMs: number): number {
  return ttlMs - leastLifetimeMs - setupLimitMs;
}
