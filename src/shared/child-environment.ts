/**
 * What a child process gets of the environment: nothing but the folder where Node keeps compiled code, since the rest holds secrets
 * of the gateway.
 */
export function childEnvironment(): NodeJS.ProcessEnv {
  const { NODE_COMPILE_CACHE } = process.env;
  return NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
}
