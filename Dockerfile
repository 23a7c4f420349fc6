# docker build -t aire:0.1.0 .
# The image holds the program. Runbooks are mounted at /app/runbooks; what aire writes is in /data.
FROM node:22.20-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev

FROM node:22.20-bookworm-slim
# Git commits golden cases; tini hands SIGTERM on, so that aire finishes what is under way.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends git tini \
  && rm -rf /var/lib/apt/lists/* \
  && install --directory --owner=node --group=node /data
WORKDIR /app
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY package.json LICENSE ./
COPY migrations ./migrations
COPY templates ./templates
ENV NODE_ENV=production \
    AIRE_RUNBOOKS_DIR=/app/runbooks \
    AIRE_TEMPLATES_DIR=/app/templates
# Golden cases, postmortems and, without DATABASE_URL, the embedded database are made here.
WORKDIR /data
# The account "node", as a number: Kubernetes checks it before it starts the container.
USER 1000:1000
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "node", "/app/dist/main.js"]
CMD ["start"]
