/**
 * The page behind an opt-out link. GET shows who asks and changes nothing, because mail servers and messengers open every link;
 * POST opts out, also the one-click POST of mail programs (RFC 8058).
 */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import type { OptOutLinks } from "../../opt-out/index.ts";
import { languageOf, optOutPage, pageSecurityPolicy } from "./page.ts";

/** A form's body says nothing that is needed. */
const maxBodyBytes = 1024;

export function optOutPageRoutes(links: Pick<OptOutLinks, "look" | "act">): FastifyPluginAsync {
  return async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: maxBodyBytes }, (_request, _body, done) => {
      done(null, null);
    });
    const tokenOf = ({ params }: FastifyRequest) => (params as { token: string }).token;
    // The token is all that is needed to act: it stays out of caches and of the Referer of other pages.
    const send = (request: FastifyRequest, reply: FastifyReply, page: ReturnType<OptOutLinks["look"]>, done: boolean) =>
      reply
        .code(page === null ? 404 : 200)
        .header("content-security-policy", pageSecurityPolicy)
        .header("vary", "accept-language")
        .type("text/html; charset=utf-8")
        .send(optOutPage(page, done, languageOf(request.headers["accept-language"])));
    const options = { schema: { hide: true }, onRequest: scope.rateLimit() };

    scope.get("/o/:token", options, (request, reply) => send(request, reply, links.look(tokenOf(request)), false));
    scope.post("/o/:token", options, async (request, reply) =>
      send(request, reply, await links.act(tokenOf(request)), true),
    );
  };
}
