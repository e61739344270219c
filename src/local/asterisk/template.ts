/** The values of a template's placeholders, by name: `{ HTTP_PORT: "8088" }` for `@HTTP_PORT@`. */
export type TemplateValues = Readonly<Record<string, string>>;
