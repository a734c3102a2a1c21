# One image for every role: ROLE says which. No BuildKit needed. It holds node and nothing else that can be run.
# Nothing of what the image holds is run while it is built, so that one for another processor needs no emulation.

# BuildKit alone says what BUILDPLATFORM is. To docker without it, "linux" is the machine's own platform; buildah takes nothing for that.
ARG OWN_PLATFORM=linux
FROM node:24-bookworm-slim AS system

FROM --platform=${BUILDPLATFORM:-$OWN_PLATFORM} node:24-bookworm-slim AS packages
WORKDIR /recado
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

FROM packages AS build
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN ./node_modules/.bin/tsc -p tsconfig.build.json

FROM packages AS production
COPY --from=system / /system
COPY hack/image-root.sh hack/libraries.ts hack/sbom.ts hack/
RUN hack/image-root.sh /system /image && mkdir /data

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="recado" \
      org.opencontainers.image.description="A replicated messaging system on ZeroMQ and MessagePack" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=production /image /
# An empty named volume takes its owner from this folder.
COPY --from=production --chown=65532:65532 /data /data
WORKDIR /recado
COPY --from=build /recado/dist dist
COPY LICENSE ./
ENV PATH=/usr/local/bin NODE_ENV=production BIND=0.0.0.0 DATA_DIR=/data UV_THREADPOOL_SIZE=8 MALLOC_ARENA_MAX=1
USER 65532:65532
EXPOSE 5555 5556 5557 5558 5559 5560 5561 5562 9464
HEALTHCHECK --interval=5s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT_HTTP ?? 9464}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--enable-source-maps", "--max-semi-space-size=8", "--external-memory-accounted-in-global-limit", "--heap-growing-percent=70", "--always-sparkplug", "--no-lazy-feedback-allocation", "--invocation-count-for-maglev=100", "--invocation-count-for-turbofan=1000", "dist/main.js"]
