# syntax=docker/dockerfile:1
# Stage 1 builds the extension, which the service hands out at /extension.
FROM node:20-bookworm-slim AS extension

WORKDIR /src/extension
COPY extension/package.json extension/package-lock.json extension/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY server/panah/__init__.py ../server/panah/
COPY extension ./
RUN npm run build

# Stage 2 builds the wheel and fills a virtual environment with exactly what requirements.lock names.
FROM python:3.11-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/panah
ENV PATH=/opt/panah/bin:$PATH

WORKDIR /src
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY server server
COPY model/artefacts/v2 model/artefacts/v2
COPY model/corpus/labels.md model/corpus/labels.md
COPY docs docs
COPY --from=extension /src/extension/*.zip server/panah/extension/
# The wheel carries the extension and the one released model, so the image needs no second source of them.
RUN pip wheel --no-deps --wheel-dir /dist . && pip install --no-deps /dist/*.whl

# Stage 3 holds the environment and nothing that built it.
FROM python:3.11-slim-bookworm

RUN groupadd --gid 10001 panah \
    && useradd --system --uid 10001 --gid panah --home-dir /data panah \
    && install -d -o panah -g panah /data
COPY --from=build /opt/panah /opt/panah
ENV PATH=/opt/panah/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PANAH_DATABASE_URL=sqlite:////data/panah.db \
    PANAH_KEYS_FILE=/data/panah.keys

USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD \
    ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["panah"]
CMD ["serve", "--host", "0.0.0.0"]
