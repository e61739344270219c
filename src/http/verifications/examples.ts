/** Examples for the API document, put together from those of the channels. */
import type { ChannelExample } from "../../verification/channel-port.ts";
import { next } from "../../verification/machine.ts";
import { exampleNumber } from "../schemas.ts";
import type { ChannelView } from "./channels.ts";

/** One id for each channel; a document with more channels repeats them. */
const ids = ["v03f9mUq0cR2kZs7XbT1yWaJd4", "v03f9QxW2dE7rT1yU5iO8pA4sF"];
const reference = "sign-up 4711";
const startedAt = "2026-03-01T12:00:00.000Z";
const nextAt = "2026-03-01T12:00:15.000Z";
const expiresAt = "2026-03-01T12:05:00.000Z";

type Shown = ChannelView & { readonly example: ChannelExample };

function shown(channels: readonly ChannelView[]): readonly Shown[] {
  return channels.filter((channel): channel is Shown => channel.example !== undefined);
}

/** Bodies of a start: with the default channel, then with each other one. */
export function startExamples(channels: readonly ChannelView[]) {
  return shown(channels).map(({ name }, i) =>
    i === 0 ? { to: exampleNumber, reference } : { to: exampleNumber, channel: name },
  );
}

/** One open verification for each channel. */
export function verificationExamples(channels: readonly ChannelView[]) {
  const all = shown(channels);
  const nextChannels = all.map(({ name }) => ({ channel: name, available_at: nextAt }));
  return all.map(({ name, machine, example: { state, codeLength, described } }, i) => {
    const event = machine.states[state] ?? null;
    const delivery = {
      ...{ number: 1, channel: name, to: exampleNumber, state, reason: null, cost: null },
      ...{ started_at: startedAt, ended_at: null, [name]: described },
    };
    return {
      id: ids[i % ids.length],
      status: (event === null ? null : next("pending", event)) ?? "pending",
      reason: null,
      to: exampleNumber,
      country: "GB",
      channel: name,
      code_length: codeLength,
      checks_left: codeLength === null ? null : 3,
      delivery,
      deliveries: [delivery],
      next_channels: nextChannels,
      proof: null,
      reference: i === 0 ? reference : null,
      metadata: null,
      created_at: startedAt,
      expires_at: expiresAt,
      ended_at: null,
    };
  });
}
