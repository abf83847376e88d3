# The dashboard for a small host: PyTorch without CUDA, an unprivileged user, one volume for all that is written.
#   docker build -t negative-space .
#   docker run --read-only --tmpfs /tmp -v negative-space:/state -p 127.0.0.1:8501:8501 negative-space

FROM python:3.11-slim AS packages
ARG CPU_INDEX=https://download.pytorch.org/whl/cpu
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY Makefile requirements.txt requirements.lock ./
RUN make setup LOCK=requirements.lock CPU_INDEX="$CPU_INDEX"

FROM python:3.11-slim
WORKDIR /app
COPY --from=packages /app/.venv .venv
COPY . .
RUN python -m compileall -q core dashboard pages \
    && ln -s /state/data data \
    && mkdir /state \
    && chown 1000 /state
ENV HOME=/state NEGATIVE_SPACE_RUNS=/state/runs PYTHONDONTWRITEBYTECODE=1
USER 1000
VOLUME /state
EXPOSE 8501
HEALTHCHECK --start-period=60s --timeout=10s \
    CMD [".venv/bin/python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8501/_stcore/health')"]
CMD ["sh", "-c", "mkdir -p /state/data && exec .venv/bin/python -m dashboard --server.address 0.0.0.0 --server.port 8501 --server.headless true"]
