/** The arguments of `onering apps` and `onering keys`. */
import { isScope, type Scope, scopes } from "../apps/scopes.ts";
import { readMoment } from "../cdr/moment.ts";
import type { AppsAct } from "./apps.ts";
import type { KeysAct } from "./keys.ts";

/** What is wrong with them, for the command line. */
interface Wrong {
  readonly wrong: string;
}

const standardOverlapSeconds = 86_400;
const longestOverlapSeconds = 30 * 86_400;
const appName = /^[a-z0-9][a-z0-9_-]{0,39}$/;

export function readAppsAct(words: readonly string[], { profile }: { readonly profile?: string }): AppsAct | Wrong {
  const [act = "", name = "", ...more] = words;
  if (!["add", "list", "show", "remove"].includes(act)) return wrongAct("apps takes add, list, show or remove", act);
  if (more.length > 0) return { wrong: `apps ${act}: ${JSON.stringify(more[0])} is one word too many` };
  if (profile !== undefined && act !== "add") return { wrong: "--profile goes with apps add" };
  if (act === "list") return name === "" ? { act } : { wrong: "apps list takes no name; apps show NAME shows one" };
  if (!appName.test(name)) return wrongName(`apps ${act}`, name);
  return act === "add" ? { act, name, profile: profile ?? null } : { act: act === "show" ? "show" : "remove", name };
}

export function readKeysAct(
  words: readonly string[],
  given: { readonly scopes?: string; readonly expires?: string; readonly overlap?: string },
): KeysAct | Wrong {
  const [act = "", app = "", id = "", ...more] = words;
  if (act !== "list" && act !== "add" && act !== "revoke" && act !== "rotate") {
    return wrongAct("keys takes add, list, revoke or rotate", act);
  }
  if (!appName.test(app)) return wrongName(`keys ${act}`, app);
  const takesId = act === "revoke" || act === "rotate";
  if (takesId && id === "") return { wrong: `keys ${act} needs the key's id; keys list ${app} shows it` };
  const [extra] = takesId ? more : id === "" ? [] : [id];
  if (extra !== undefined) return { wrong: `keys ${act}: ${JSON.stringify(extra)} is one word too many` };
  for (const [option, of] of [
    ["scopes", "add"],
    ["overlap", "rotate"],
  ] as const) {
    if (given[option] !== undefined && act !== of) return { wrong: `--${option} goes with keys ${of}` };
  }
  if (given.expires !== undefined && act !== "add" && act !== "rotate") {
    return { wrong: "--expires goes with keys add and keys rotate" };
  }
  const expiresAtMs = given.expires === undefined ? undefined : readMoment(given.expires);
  if (expiresAtMs === null) {
    return {
      wrong: `--expires must be a time such as 2027-11-01T00:00:00Z, or a date, not ${JSON.stringify(given.expires)}`,
    };
  }
  switch (act) {
    case "list":
      return { act, app };
    case "revoke":
      return { act, app, id };
    case "add": {
      const wanted = readScopes(given.scopes ?? "");
      return "wrong" in wanted ? wanted : { act, app, scopes: wanted.scopes, expiresAtMs: expiresAtMs ?? null };
    }
    case "rotate": {
      const overlap = given.overlap ?? String(standardOverlapSeconds);
      if (!/^\d{1,7}$/.test(overlap) || Number(overlap) > longestOverlapSeconds) {
        return {
          wrong: `--overlap must be seconds from 0 to ${longestOverlapSeconds}, not ${JSON.stringify(overlap)}`,
        };
      }
      return { act, app, id, overlapMs: Number(overlap) * 1000, expiresAtMs };
    }
  }
}

function readScopes(text: string): { readonly scopes: readonly Scope[] } | Wrong {
  const wanted = [...new Set(text.split(",").map((one) => one.trim()))].filter((one) => one !== "");
  const unknown = wanted.find((one) => !isScope(one));
  if (unknown !== undefined || wanted.length === 0) {
    const given = unknown === undefined ? "" : `, not ${JSON.stringify(unknown)}`;
    return { wrong: `keys add needs --scopes, separated by commas, of ${scopes.join(", ")}${given}` };
  }
  return { scopes: wanted.filter(isScope) };
}

function wrongAct(takes: string, act: string): Wrong {
  return { wrong: act === "" ? takes : `${takes}, not ${JSON.stringify(act)}` };
}

function wrongName(command: string, name: string): Wrong {
  const given = name === "" ? "" : `, not ${JSON.stringify(name)}`;
  return { wrong: `${command} needs the app's name: lower-case letters, digits, - and _, at most 40${given}` };
}
