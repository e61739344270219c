/**
 * Compiles the schemas of a route when a request first needs them: all of them together are a good part of a gateway's start, and
 * most gateways serve a few of some hundred routes. A schema that cannot be compiled shows when its route is first asked.
 */
import buildValidators from "@fastify/ajv-compiler";
import buildSerializers from "@fastify/fast-json-stringify-compiler";
import type { FastifyServerOptions } from "fastify";

type Compilers = NonNullable<NonNullable<FastifyServerOptions["schemaController"]>["compilersFactory"]>;
/** What Fastify calls for each body, query, parameters and headers. */
type Validate = ((data: unknown) => unknown) & { errors?: unknown };

/** For Fastify's option `schemaController.compilersFactory`: its own compilers, called at the first use of what they make. */
export const compileWhenUsed: Compilers = {
  buildValidator(schemas: unknown, options: unknown) {
    const compile = buildValidators()(schemas as never, options as never) as unknown as (route: unknown) => Validate;
    return (route: unknown) => {
      let compiled: Validate | null = null;
      const validate: Validate = (data) => {
        compiled ??= compile(route);
        const isValid = compiled(data);
        // Where Fastify looks for what is wrong.
        if (isValid === false) validate.errors = compiled.errors;
        return isValid;
      };
      return validate as never;
    };
  },
  buildSerializer(schemas: unknown, options: unknown) {
    const compile = buildSerializers()(schemas, options as never);
    return (route) => {
      let serialize: ReturnType<typeof compile> | null = null;
      return (data) => {
        serialize ??= compile(route as never);
        return serialize(data);
      };
    };
  },
};
