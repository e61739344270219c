/** Scalar: the reference at /docs, responsive and with a dark mode. All of it is served from here. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { gunzipSync } from "node:zlib";
import type { FastifyInstance } from "fastify";

/** No external resources (fonts, telemetry, hosted clients): the policy below would block them. */
const configuration = {
  url: "../openapi.json",
  authentication: { preferredSecurityScheme: "apiKey" },
  telemetry: false,
  withDefaultFonts: false,
  persistAuth: false,
  hideClientButton: true,
  showDeveloperTools: "never",
  agent: { disabled: true },
  mcp: { disabled: true },
  documentDownloadType: "json",
  defaultOpenFirstTag: true,
};
const start = `Scalar.createApiReference("#app", ${JSON.stringify(configuration)});\n`;
const bundleDeadlineMs = 30_000;
/** Short, because the gateway may be updated. */
const cacheControl = "no-cache";

/**
 * `/docs/`, in a scope that sets the pages' security headers.
 * @param sandbox whether to mark the title as sandbox
 */
export async function registerReference(scope: FastifyInstance, sandbox: boolean): Promise<void> {
  const title = sandbox ? "OneRing API (SANDBOX)" : "OneRing API";
  const hidden = { schema: { hide: true } };

  scope.get("/docs", hidden, async (request, reply) => {
    // Relative addresses in the page need the slash; so they work behind a proxy's prefix, too.
    if (!/\/docs\/(\?|$)/.test(request.url)) return reply.redirect("docs/", 302);
    // Scalar sets the styles of its elements by script. Nothing on this page is anyone's input, and scripts stay those of here.
    const policy = String(reply.getHeader("content-security-policy"));
    reply.header("content-security-policy", policy.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"));
    return reply.header("cache-control", cacheControl).type("text/html; charset=utf-8").send(page(title));
  });
  scope.get("/docs/start.js", hidden, async (_request, reply) =>
    reply.header("cache-control", cacheControl).type("text/javascript; charset=utf-8").send(start),
  );
  let bundle: Promise<Buffer> | null = null;
  scope.get("/docs/reference.js", hidden, async (request, reply) => {
    bundle ??= readBundle().catch((error) => {
      bundle = null;
      throw error;
    });
    const compressed = await bundle;
    reply
      .header("cache-control", cacheControl)
      .header("vary", "accept-encoding")
      .type("text/javascript; charset=utf-8");
    if (!/\bgzip\b/.test(String(request.headers["accept-encoding"]))) return reply.send(gunzipSync(compressed));
    return reply.header("content-encoding", "gzip").send(compressed);
  });
}

function page(title: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <link rel="icon" href="data:,">
    <title>${title}</title>
  </head>
  <body>
    <noscript>This page needs JavaScript; the document itself is at <a href="../openapi.json">/openapi.json</a>.</noscript>
    <div id="app"></div>
    <script src="reference.js"></script>
    <script src="start.js"></script>
  </body>
</html>
`;
}

/** @throws where the worker fails or takes longer than its deadline */
async function readBundle(): Promise<Buffer> {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  const worker = new Worker(new URL(`./reference-bundle${extension}`, import.meta.url));
  try {
    const [compressed] = await once(worker, "message", { signal: AbortSignal.timeout(bundleDeadlineMs) });
    return Buffer.from(compressed);
  } finally {
    await worker.terminate();
  }
}
