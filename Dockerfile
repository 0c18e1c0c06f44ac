# The Reflection & Learning Engine as an image: installs the hashed lock file, runs as nobody in particular.
#
#   docker build -t reflection .
#   docker run --rm -v reflection-data:/data reflection keys create --workspace acme     # prints a key, once
#   docker run -d --name reflection -p 8000:8000 -v reflection-data:/data --stop-timeout 30 reflection
#
# For Postgres: docker build --build-arg LOCK=requirements-postgres.lock (compose.yaml does it).
# Without a key the server refuses to listen beyond the container. Everything that must be kept is in /data.

FROM python:3.11-slim AS build
WORKDIR /build
RUN python -m venv /opt/reflection
ARG LOCK=requirements.lock
COPY requirements.lock requirements-postgres.lock pyproject.toml README.md LICENSE ./
RUN /opt/reflection/bin/pip install --no-cache-dir --require-hashes -r "$LOCK"
COPY src ./src
COPY data/samples ./data/samples
COPY scripts/sbom.py ./scripts/sbom.py
RUN /opt/reflection/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
# Pango lays out the PDF reports; nothing else needs a library of the system.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin reflection \
    && install --directory --owner=reflection --mode=0700 /data
COPY --from=build /opt/reflection /opt/reflection
ENV PATH=/opt/reflection/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    MARKO_HOST=0.0.0.0 \
    MARKO_PORT=8000 \
    MARKO_DATABASE_PATH=/data/reflection.db \
    MARKO_OUTPUT_DIR=/data/output \
    MARKO_WEIGHTS_PATH=/data/weights.json \
    MARKO_VECTOR_PATH=/data/vectors \
    MARKO_VECTOR_FALLBACK_PATH=/data/vectors.json
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"MARKO_PORT\"]}/health', timeout=4)"]
ENTRYPOINT ["reflection"]
CMD ["serve"]
