# One image for every role: ROLE says which. No BuildKit needed.
FROM node:24-bookworm-slim AS build
WORKDIR /recado
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN ./node_modules/.bin/tsc -p tsconfig.build.json

FROM node:24-bookworm-slim AS production
WORKDIR /recado
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force && mkdir /data && chown 65532:65532 /data

FROM node:24-bookworm-slim
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="recado" \
      org.opencontainers.image.description="A replicated messaging system on ZeroMQ and MessagePack" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
WORKDIR /recado
# An empty named volume takes its owner from this folder.
COPY --from=production --chown=65532:65532 /data /data
COPY --from=production /recado/package.json ./
COPY --from=production /recado/node_modules node_modules
COPY --from=build /recado/dist dist
COPY LICENSE ./
ENV NODE_ENV=production BIND=0.0.0.0 DATA_DIR=/data UV_THREADPOOL_SIZE=8
USER 65532:65532
EXPOSE 5555 5556 5557 5558 5559 5560 9464
HEALTHCHECK --interval=5s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT_HTTP ?? 9464}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--enable-source-maps", "--max-semi-space-size=8", "dist/main.js"]
