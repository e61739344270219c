import { Type } from "typebox";
import { resultFiles, scrubFormats, scrubStates } from "../../numbers/scrubs/types.ts";
import { line, written } from "../request-parts.ts";
import { country, nullableObject, nullableString, oneOf, time } from "../schemas.ts";

const exampleId = "scr_9f31c0aa024f4b5f8f1de0a1b2c3d4e5";

export const ScrubParams = Type.Object({
  id: Type.String({ maxLength: 40, description: "The list's id.", examples: [exampleId] }),
});

export const ScrubFileParams = Type.Object({
  id: Type.String({ maxLength: 40, description: "The list's id.", examples: [exampleId] }),
  file: Type.String({
    maxLength: 40,
    description: `Clean rows, rejected rows with their reasons, or the counts: ${resultFiles.join(", ")}.`,
    examples: [resultFiles[0]],
  }),
});

export const PieceQuery = Type.Object(
  {
    offset: written(
      "^\\d{1,12}$",
      "a number of bytes",
      "Where the piece belongs: how many bytes were received before.",
      { examples: ["0"] },
    ),
  },
  { additionalProperties: false },
);

export const CreateScrubBody = Type.Object(
  {
    name: Type.Optional(line("As you call the list.")),
    column: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: "Name of the column with the numbers, or its place from 1; left out: guessed.",
      }),
    ),
    country: Type.Optional(
      country("ISO 3166 country of numbers in national format; left out: `numbers.default_country`, or guessed."),
    ),
    format: Type.Optional(oneOf(scrubFormats, "Left out: guessed from the content.")),
    header: Type.Optional(
      Type.Boolean({ description: "Whether the first row has the columns' names; left out: guessed." }),
    ),
    keep_landlines: Type.Optional(Type.Boolean({ description: "Whether landlines are clean rows too." })),
  },
  {
    title: "CreateScrub",
    additionalProperties: false,
    examples: [{ name: "customers 2026-03", column: "phone", country: "ID" }],
  },
);

const counts = Type.Record(Type.String(), Type.Integer());
const share = Type.Unsafe<number | null>({
  type: ["number", "null"],
  description: "Share of the sampled rows that fit the guess; null: it was given.",
});

export const ScrubBody = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    state: oneOf(scrubStates, "`uploading`, `queued`, `running`, `finished` or `failed`."),
    bytes: Type.Integer({ description: "Received so far: the offset of the next piece." }),
    progress: Type.Object({
      rows: Type.Integer({ description: "Rows that are done." }),
      share: Type.Unsafe<number | null>({
        type: ["number", "null"],
        description: "Of the whole list, 0 to 1; null where its size is not known.",
      }),
    }),
    read_as: nullableObject(
      {
        format: Type.String(),
        header: Type.Boolean(),
        column: Type.Object({ name: Type.String(), guessed_share: share }),
        country: Type.Object({ country: nullableString("ISO 3166."), guessed_share: share }),
      },
      "What the list is read as; null: it was not opened yet.",
    ),
    summary: nullableObject(
      {
        rows: Type.Integer(),
        clean: Type.Integer(),
        rejected: Type.Integer(),
        duplicates: Type.Integer(),
        suggestions: Type.Integer({ description: "Rejected rows with a number that may have been meant." }),
        by_reason: counts,
        by_country: counts,
        by_type: counts,
        by_network: counts,
      },
      "Once it is finished.",
    ),
    problem: nullableString("Why it failed, and what to change."),
    files: Type.Array(oneOf(resultFiles, "At `/v1/scrubs/{id}/files/{file}`."), {
      description: "Empty until it is finished.",
    }),
    created_at: time("When the upload was begun."),
    ended_at: Type.Unsafe<string | null>({
      type: ["string", "null"],
      format: "date-time",
      description: "When it finished or failed.",
    }),
    expires_at: Type.Unsafe<string | null>({
      type: ["string", "null"],
      format: "date-time",
      description: "When list and results are removed; null while it waits or runs.",
    }),
  },
  {
    title: "Scrub",
    examples: [
      {
        id: exampleId,
        name: "customers 2026-03",
        state: "running",
        bytes: 52_428_800,
        progress: { rows: 250_000, share: 0.25 },
        read_as: {
          format: "csv",
          header: true,
          column: { name: "phone", guessed_share: null },
          country: { country: "ID", guessed_share: null },
        },
        summary: null,
        problem: null,
        files: [],
        created_at: "2026-03-01T12:00:00.000Z",
        ended_at: null,
        expires_at: null,
      },
    ],
  },
);

export const ScrubsBody = Type.Object({ scrubs: Type.Array(ScrubBody) }, { title: "Scrubs" });
