/** Which pages may use the tokens of which app: `cors_origins` of the apps' profiles. */
import type { AppDirectory } from "./directory.ts";

export interface AppOrigins {
  /** Whether pages of this origin may use tokens of this app. @param origin as browsers send it */
  allows(app: string, origin: string): boolean;
  /** Whether it is an origin of any app: a preflight names no app. */
  anyAllows(origin: string): boolean;
  /** Hosts of an app's pages. */
  hostsOf(app: string): readonly string[];
}

export function createAppOrigins(apps: Pick<AppDirectory, "names" | "profileOf" | "onChange">): AppOrigins {
  let all: ReadonlySet<string> = new Set();
  const read = () => {
    all = new Set(apps.names().flatMap((app) => apps.profileOf(app).corsOrigins));
  };
  read();
  apps.onChange(read);
  return {
    allows: (app, origin) => apps.profileOf(app).corsOrigins.includes(origin),
    anyAllows: (origin) => all.has(origin),
    hostsOf: (app) => apps.profileOf(app).corsOrigins.map((origin) => new URL(origin).hostname),
  };
}
