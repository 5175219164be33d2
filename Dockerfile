# The Norn server as an image: built in one stage, run in another that has only what it needs.
# It listens at 0.0.0.0, so it starts with `--token-file FILE` only (compose.yaml shows how the file comes in).
# SPDX-License-Identifier: Apache-2.0
FROM debian:12-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev meson ninja-build pkg-config python3 nodejs npm ca-certificates \
    libmicrohttpd-dev libjansson-dev libcurl4-openssl-dev libhiredis-dev libsqlite3-dev libzip-dev libexpat1-dev libxlsxwriter-dev \
    libzstd-dev zlib1g-dev libxxhash-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN tools/setup_web \
 && meson setup /build --prefix=/usr --libdir=lib -Dtests=false \
 && ninja -C /build \
 && DESTDIR=/out meson install -C /build --no-rebuild

FROM debian:12-slim
LABEL org.opencontainers.image.title="norn" \
      org.opencontainers.image.description="Forecasts and finance reports over HTTP" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN apt-get update \
 && apt-get install -y --no-install-recommends libmicrohttpd12 libjansson4 libcurl4 libhiredis0.14 libsqlite3-0 libzip4 libexpat1 \
    libxlsxwriter4 libzstd1 zlib1g libxxhash0 ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /var/lib/norn --create-home norn
COPY --from=build /out/usr/bin/norn /usr/bin/norn
USER 10001
WORKDIR /var/lib/norn
VOLUME ["/var/lib/norn"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/bin/bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8000 && printf 'GET /livez HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' >&3 && grep -q alive <&3"]
ENTRYPOINT ["/usr/bin/norn", "serve", "--host", "0.0.0.0", "--port", "8000", "--cache-dir", "/var/lib/norn/cache", "--log-format", "json"]
