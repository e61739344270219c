/**
 * Compiles the schemas of a route when a request first needs them: all of them together are a good part of a gateway's start, and
 * most gateways serve a few of some hundred routes. A schema that cannot be compiled shows when its route is first asked.
 *
 * Those of routes with `config.atStart` are compiled, and used once with their own example, as soon as the server listens: else
 * the first verification after a start waited for them.
 */
import buildValidators from "@fastify/ajv-compiler";
import buildSerializers from "@fastify/fast-json-stringify-compiler";
import type { FastifyInstance, FastifyServerOptions, RouteOptions } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Most requests of a gateway go to this route: its schemas are compiled when the server listens. */
    atStart?: boolean;
  }
}

type Compilers = NonNullable<NonNullable<FastifyServerOptions["schemaController"]>["compilersFactory"]>;
/** What Fastify calls for each body, query, parameters and headers. */
type Validate = ((data: unknown) => unknown) & { errors?: unknown };

/** What Fastify tells of a schema; `httpStatus` of those of responses. */
interface RouteSchema {
  readonly method: string;
  readonly url: string;
  readonly httpStatus?: string;
  readonly schema: { readonly examples?: readonly unknown[] };
}

export interface CompileWhenUsed {
  /** For Fastify's option `schemaController.compilersFactory`: its own compilers, called at the first use of what they make. */
  readonly compilersFactory: Compilers;
  /** Before any route is added. */
  watch(server: FastifyInstance): void;
}

export function compileWhenUsed(): CompileWhenUsed {
  const atStart = new Set<string>();
  const uses: (() => void)[] = [];

  function useAtStart({ method, url, schema, httpStatus = "200" }: RouteSchema, use: (example: unknown) => void): void {
    if (!atStart.has(`${method} ${url}`) || !httpStatus.startsWith("2")) return;
    const [example] = schema.examples ?? [];
    // Validators write defaults into what they read.
    if (example !== undefined) uses.push(() => use(structuredClone(example)));
  }

  return {
    compilersFactory: {
      buildValidator(schemas: unknown, options: unknown) {
        const compile = buildValidators()(schemas as never, options as never) as unknown as (
          route: unknown,
        ) => Validate;
        return (route: unknown) => {
          let compiled: Validate | null = null;
          const validate: Validate = (data) => {
            compiled ??= compile(route);
            const isValid = compiled(data);
            // Where Fastify looks for what is wrong.
            if (isValid === false) validate.errors = compiled.errors;
            return isValid;
          };
          useAtStart(route as RouteSchema, validate);
          return validate as never;
        };
      },
      buildSerializer(schemas: unknown, options: unknown) {
        const compile = buildSerializers()(schemas, options as never);
        return (route) => {
          let serialize: ReturnType<typeof compile> | null = null;
          const serializeBy: ReturnType<typeof compile> = (data) => {
            serialize ??= compile(route as never);
            return serialize(data);
          };
          useAtStart(route as unknown as RouteSchema, serializeBy);
          return serializeBy;
        };
      },
    },
    watch(server) {
      server.addHook("onRoute", ({ method, url, config }: RouteOptions) => {
        if (config?.atStart === true) for (const one of [method].flat()) atStart.add(`${one} ${url}`);
      });
      server.addHook("onListen", async () => {
        for (const use of uses.splice(0)) use();
      });
    },
  };
}
