import { expect, it } from "vitest";
import { carriesSecret, eventSecretIn } from "../../../../src/telephony/asterisk/asterisk-manager/event-secret.ts";

const secret = "0123456789abcdef";

it.each([
  [`OneRingInbound,Token: ${secret},Invite: x`, secret],
  [`OneRingInbound,Invite: x,Token: ${secret}`, secret],
  ["OneRingInbound,Token: short,Invite: x", null],
  // Not a secret, but what a dialplan would put in its place.
  ["OneRingInbound,Token: $" + "{SECRET_OF_16_CHARS},Invite: x", null],
  ["OneRingInbound,Invite: x", null],
  [`Other,Token: ${secret}`, null],
])("the token of UserEvent(%s) is %j", (data, token) => {
  expect(eventSecretIn(data)).toBe(token);
});

it("an event without the very token is nobody's, and without a secret each is", () => {
  expect(carriesSecret(secret, secret)).toBe(true);
  for (const token of ["", undefined, [secret, secret], `${secret} `, secret.slice(1)]) {
    expect(carriesSecret(token, secret)).toBe(false);
  }
  for (const token of ["", undefined, "null"]) expect(carriesSecret(token, null)).toBe(false);
});
