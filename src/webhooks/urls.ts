/** Which URLs an endpoint may have. The address that its name leads to is checked at each try, by outgoing-http. */
import { OutgoingHttpError } from "../outgoing-http/failure.ts";
import { checkUrl } from "../outgoing-http/resolve.ts";

export const maxUrlLength = 2000;

/** What is wrong with a URL, to be shown after its name; null: nothing. @param allowPrivate `webhooks.allow_private` */
export function urlProblem(text: string, allowPrivate: boolean): string | null {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return "must be an absolute URL";
  }
  const scheme = allowPrivate ? "http or https" : "https";
  if (url.hash !== "") return "must not have a fragment (#…)";
  try {
    checkUrl(url, allowPrivate);
  } catch (error) {
    const forbidden = error instanceof OutgoingHttpError && error.kind === "forbidden_address";
    return forbidden ? "must lead to a public address" : `must be ${scheme}, without user name and password`;
  }
  const isLocal = /(^|\.)localhost\.?$/.test(url.hostname);
  return isLocal && !allowPrivate ? "must lead to a public address" : null;
}
