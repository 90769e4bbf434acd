# kie-mcp in a container, for MCP clients that start their servers in one: it serves MCP on standard input and output.
#
#   docker build -t kie-mcp .
#   docker run -i --rm --read-only -e KIE_API_KEY -v kie-state:/data/state -v "$HOME/Pictures/kie:/data/output" kie-mcp
#
# The series of Python is fixed and not the digest: each build then has the latest security fixes of that series.
FROM python:3.13-slim-bookworm AS build
WORKDIR /build
RUN pip install --no-cache-dir uv==0.13.9
COPY requirements.lock pyproject.toml README.md LICENSE ./
COPY kie_mcp kie_mcp
# Everything that is installed is in the lock, with its hash; the tools that build the package too.
RUN uv venv /opt/kie-mcp \
 && uv pip install --python /opt/kie-mcp --no-cache --compile-bytecode \
      --constraint requirements.lock --build-constraint requirements.lock '.[preview,convert,sandbox,socks,terminal]'

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="kie-mcp" \
      org.opencontainers.image.description="MCP server for Kie.ai: pictures, speech and talking videos, as jobs that are never paid for twice" \
      org.opencontainers.image.source="https://github.com/kie-mcp/kie-mcp" \
      org.opencontainers.image.licenses="MIT" \
      io.modelcontextprotocol.server.name="io.github.kie-mcp/kie-mcp"
COPY --from=build /opt/kie-mcp /opt/kie-mcp
# Nothing but the two volumes is written to, so the root may be read-only. Their folders belong to the user of the server.
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin kie \
 && install -d -o kie -g kie /data/state /data/output
ENV PATH="/opt/kie-mcp/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    KIE_STATE_DIR=/data/state \
    KIE_OUTPUT_DIR=/data/output \
    KIE_INPUT_ROOTS=/data/input
VOLUME ["/data/state", "/data/output"]
USER 10001
WORKDIR /data
# The server ends with its client. While it runs, it needs both volumes: the jobs and the files that were paid for.
HEALTHCHECK --interval=30s --timeout=5s CMD ["sh", "-c", "test -w /data/state && test -w /data/output"]
ENTRYPOINT ["kie-mcp"]
