# The gateway. Redis and Asterisk are containers of their own: docker-compose.yml.
# Pinned by version; for a digest: --build-arg NODE_IMAGE=node:24.21.0-slim@sha256:…
ARG NODE_IMAGE=node:24.21.0-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY src/local/node ./src/local/node
# The image has its own Node 24; the one of src/local/node (for hosts with an older one) and the test tools are left out below.
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# The SQLite file of records.url; the volume takes this owner over.
RUN mkdir -p /var/lib/onering && chown node:node /var/lib/onering && chmod 700 /var/lib/onering
VOLUME /var/lib/onering
USER node
EXPOSE 8080
# SIGTERM drains: new work is refused, live calls end by themselves first.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz', { signal: AbortSignal.timeout(4000) }).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["serve", "--config", "/etc/onering/onering.yaml"]
