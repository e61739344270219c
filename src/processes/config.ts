/** How many processes one gateway has. */
import { type Static, Type } from "typebox";
import { optionalSection } from "../typed-yaml/parts.ts";

/** More share fewer writes each, and Redis is full long before. */
export const mostProcesses = 64;

export const Server = optionalSection("The processes of this gateway on this machine.", {
  processes: Type.Union([Type.Integer({ minimum: 1, maximum: mostProcesses }), Type.Literal("auto")], {
    default: 1,
    description:
      "Processes that share the HTTP port, each a gateway of its own on the same Redis; `auto`: one for each core that this process may use. 1, because one process and its Redis fill two cores; more of them pay off from four cores on. Several need PostgreSQL (or `off`) as `records.url`, and a SIP port each. See docs/scaling.md.",
  }),
});

export type ServerConfig = Static<typeof Server>;
