/** The page behind an opt-out link: plain HTML without scripts, in the language that the browser asks for. */
import type { OptOutPage } from "../../opt-out/index.ts";

interface Words {
  readonly title: string;
  /** `{app}` */
  readonly ask: string;
  readonly button: string;
  readonly done: string;
  readonly undo: string;
  readonly invalid: string;
}

/** By language; the first is the last resort. */
const words: Readonly<Record<string, Words>> = {
  en: {
    title: "Stop calls and messages",
    ask: "{app} will not call or message you again.",
    button: "Never contact me again",
    done: "Done: you will not be contacted again.",
    undo: "If you change your mind, contact {app}.",
    invalid: "This link is not valid, or has expired.",
  },
  de: {
    title: "Anrufe und Nachrichten beenden",
    ask: "{app} wird Sie nicht mehr anrufen und Ihnen nicht mehr schreiben.",
    button: "Nie wieder kontaktieren",
    done: "Erledigt: Sie werden nicht mehr kontaktiert.",
    undo: "Wenn Sie es sich anders überlegen, wenden Sie sich an {app}.",
    invalid: "Dieser Link ist ungültig oder abgelaufen.",
  },
  fr: {
    title: "Ne plus recevoir d’appels ni de messages",
    ask: "{app} ne vous appellera plus et ne vous écrira plus.",
    button: "Ne plus jamais me contacter",
    done: "C’est fait : vous ne serez plus contacté.",
    undo: "Si vous changez d’avis, contactez {app}.",
    invalid: "Ce lien n’est pas valide ou a expiré.",
  },
  es: {
    title: "No recibir más llamadas ni mensajes",
    ask: "{app} no volverá a llamarle ni a escribirle.",
    button: "No volver a contactarme",
    done: "Hecho: no volverán a contactarle.",
    undo: "Si cambia de opinión, contacte con {app}.",
    invalid: "Este enlace no es válido o ha caducado.",
  },
  pt: {
    title: "Não receber mais chamadas nem mensagens",
    ask: "{app} não voltará a ligar nem a enviar-lhe mensagens.",
    button: "Nunca mais me contactar",
    done: "Feito: não voltará a ser contactado.",
    undo: "Se mudar de ideias, contacte {app}.",
    invalid: "Este link não é válido ou expirou.",
  },
};

const style =
  "body{font:18px/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem;color:#111;background:#fff}button{font:inherit;padding:.7em 1.2em;border:0;border-radius:.4em;background:#111;color:#fff}";

/** Nothing from elsewhere, no script, no frame around it; its form posts to itself alone. */
export const pageSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The first language of an Accept-Language header (RFC 9110 §12.5.4) that there are words in; quality values are in its order already. */
export function languageOf(header: string | undefined): string {
  const tags = (header ?? "").slice(0, 200).split(",");
  const languages = tags.map((tag) => tag.trim().split(/[-;]/)[0]?.toLowerCase() ?? "");
  return languages.find((language) => Object.hasOwn(words, language)) ?? "en";
}

/** @param done whether the button was pressed; null `page`: the link is not valid */
export function optOutPage(page: OptOutPage | null, done: boolean, language: string): string {
  const own = words[language] ?? (words.en as Words);
  const fill = (text: string) => htmlOf(text.replace("{app}", page?.appName ?? ""));
  const body =
    page === null
      ? `<p>${fill(own.invalid)}</p>`
      : done
        ? `<p role="status">${fill(own.done)}</p><p>${fill(own.undo)}</p>`
        : `<p>${fill(own.ask)}</p><form method="post"><button>${fill(own.button)}</button></form>`;
  const title = htmlOf(own.title);
  return `<!doctype html><html lang="${language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex"><title>${title}</title><style>${style}</style><main><h1>${title}</h1>${body}</main></html>`;
}

function htmlOf(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
