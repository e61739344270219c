/** The API's representation of a WhatsApp message. */
import { Type } from "typebox";

export const WhatsAppBody = Type.Object(
  {
    sender: Type.String({ description: "Which of the operator's numbers sent it, by its name in the configuration." }),
    template: Type.String({ description: "Name of the template." }),
    language: Type.String({ description: "Language of the template, as Meta writes it." }),
    cost: Type.Unsafe<number | null>({
      type: ["number", "null"],
      description: "Price in the configured currency; null: none is configured.",
    }),
    error_code: Type.Unsafe<number | null>({
      type: ["integer", "null"],
      description: "Meta's error code of a message that failed; null where it gave none.",
    }),
  },
  { description: "With channel `whatsapp` only." },
);
