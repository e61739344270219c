/** The body of a start by a start token: what the app's backend fixed, and what the page may add. */
import rateLimit from "@fastify/rate-limit";
import type { AppIdentity } from "../../apps/principal.ts";
import type { Numbers } from "../../numbers/ports.ts";
import { Refusal } from "../../shared/refusal.ts";
import type { StartGrant } from "../../tokens/start-token.ts";
import type { StartBody } from "./schemas.ts";

/** An IPv4 address as a socket for both kinds shows it. */
const mapped = /^::ffff:(?=[\d.]+$)/i;

/** What a page says of the verification. Everything else is the backend's to say: a page may be anybody's. */
const chosenByPages = ["to", "country", "channel", "locale"] as const;
const ofPages: readonly string[] = [...chosenByPages, "human_check", "client_token"];

/** Equal for requests of a page that ask for the same verification: each repetition has an answer to the human check of its own. */
export function pageChoice(page: StartBody): string {
  return JSON.stringify(chosenByPages.map((key) => page[key] ?? null));
}

/**
 * @param ip of the request's client
 * @throws {Refusal} `forbidden` where the page asks for something that is not its to choose
 */
export function fixedBody(
  { body: fixed, channels }: StartGrant,
  page: StartBody,
  { ip, numbers }: { readonly ip: string; readonly numbers: Pick<Numbers, "examine"> },
): StartBody {
  const given = fixed as Partial<StartBody>;
  const foreign = Object.keys(page).find((key) => !ofPages.includes(key));
  if (foreign !== undefined) throw notIts(foreign, "only the app's backend says it, when it makes the start token");
  if (given.client?.ip !== undefined && !isSameClient(given.client.ip, ip)) {
    throw new Refusal("forbidden", "The start token was made for another client address.");
  }
  if (given.to !== undefined && !isSameRecipient(given, page, numbers))
    throw notIts("to", "the start token names another");
  for (const key of ["country", "channel", "locale"] as const) {
    if (given[key] !== undefined && page[key] !== undefined && page[key] !== given[key]) {
      throw notIts(key, "the start token names another");
    }
  }
  if (page.country !== undefined && given.country === undefined && movesFixed(given, page.country, numbers)) {
    throw notIts("country", "the start token names the recipient, which it would change");
  }
  if (given.workflow !== undefined && page.channel !== undefined)
    throw notIts("channel", "the start token has a workflow");
  const channel = page.channel ?? channels?.[0];
  if (channel !== undefined && channels !== null && !channels.includes(channel)) {
    throw notIts("channel", `the start token permits ${channels.join(", ")}`);
  }
  const { human_check: _check, client_token: _token, ...own } = page;
  // The page's own connection says where the person is, unless the backend has said it.
  const client = { ip: ip.replace(mapped, ""), ...given.client };
  return { ...own, ...(channel !== undefined && { channel }), ...given, client } as StartBody;
}

/** The app as the start token lets a page use it. */
export function narrowed(app: AppIdentity, { countries }: StartGrant): AppIdentity {
  if (countries === null) return app;
  const allowedCountries = app.allowedCountries?.filter((country) => countries.includes(country)) ?? countries;
  return { ...app, allowedCountries };
}

/** IPv4 addresses as a whole, IPv6 addresses by their /64: a browser changes the rest of it. */
function isSameClient(one: string, other: string): boolean {
  return rateLimit.normalizeIP(one) === rateLimit.normalizeIP(other);
}

/** Both may be as a person types them. */
function isSameRecipient(fixed: Partial<StartBody>, page: StartBody, numbers: Pick<Numbers, "examine">): boolean {
  if (fixed.to === page.to) return true;
  const read = ({ to = "", country }: Partial<StartBody>) =>
    numbers.examine(to, country ?? fixed.country ?? null, null).e164;
  const number = read(page);
  return number !== null && number === read(fixed);
}

/** Whether a country would make another number of a fixed recipient in national format. */
function movesFixed(fixed: Partial<StartBody>, country: string, numbers: Pick<Numbers, "examine">): boolean {
  const recipients = [fixed.to, ...(fixed.workflow ?? []).map(({ to }) => to)].filter((to) => to !== undefined);
  const read = (to: string, own: string | null) => numbers.examine(to, own, null).e164;
  return recipients.some((to) => read(to, country) !== read(to, null));
}

function notIts(key: string, why: string): Refusal {
  return new Refusal("forbidden", `\`${key}\` cannot be given with this start token: ${why}.`);
}
