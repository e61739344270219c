/** A message as it is sent: headers, plain text and HTML, signed where DKIM is configured. */
import { createHash, type KeyObject } from "node:crypto";
import nodemailer from "nodemailer";
import type { Clock } from "../../shared/clock.ts";
import type { OutgoingMessage } from "../messages/provider-port.ts";
import { domainOf } from "./address.ts";
import type { DkimConfig } from "./config.ts";
import { htmlOf, languageOf } from "./html.ts";

export interface ComposerOptions {
  /** In canonical form. */
  readonly from: string;
  /** Null: the app's name. */
  readonly fromName: string | null;
  readonly dkim: (Pick<DkimConfig, "domain" | "selector"> & { readonly key: KeyObject }) | null;
  readonly clock: Clock;
}

/** @returns makes the bytes of a message, CRLF at the ends of lines */
export function createComposer({ from, fromName, dkim, clock }: ComposerOptions) {
  const transport = nodemailer.createTransport({
    streamTransport: true,
    buffer: true,
    newline: "windows",
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(dkim !== null && {
      dkim: {
        domainName: dkim.domain,
        keySelector: dkim.selector,
        privateKey: dkim.key.export({ type: "pkcs8", format: "pem" }).toString(),
      },
    }),
  });
  return async (message: OutgoingMessage): Promise<Buffer> => {
    const { message: bytes } = await transport.sendMail({
      from: { name: oneLine(fromName ?? message.appName), address: from },
      to: { name: "", address: message.to },
      subject: oneLine(message.subject),
      date: new Date(clock.nowMs()),
      messageId: messageIdOf(message.deliveryId, domainOf(from)),
      headers: {
        // RFC 3834: no vacation notice answers it; Exchange asks for its own header.
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Content-Language": languageOf(message.locale).lang,
      },
      text: `${message.text.trimEnd()}\n`,
      html: htmlOf(message),
    });
    if (!Buffer.isBuffer(bytes)) throw new TypeError("the mail composer returned no buffer");
    // The signer drops the signature silently where it cannot sign.
    if (dkim !== null && !bytes.subarray(0, 15).equals(Buffer.from("DKIM-Signature:"))) {
      throw new TypeError("the message could not be signed");
    }
    return bytes;
  };
}

/**
 * The same for every try of one delivery, so that a receiver that gets it twice can tell. A hash: the id of a
 * verification is not for its recipient.
 */
export function messageIdOf(deliveryId: string, domain: string): string {
  return `<${createHash("sha256").update(deliveryId).digest("hex").slice(0, 32)}@${domain}>`;
}

/** Header values have one line; nodemailer folds and encodes them. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed.
  return text.replace(/[\u0000-\u001f\u007f]+/g, " ").trim();
}
