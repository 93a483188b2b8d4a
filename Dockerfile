# Everything that the workflow needs, on the versions of envs/constraints.txt: docs/containers.md.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /opt/sccbgm

# Dependencies first: they change less often than the code.
COPY pyproject.toml README.md LICENSE ./
COPY envs ./envs
RUN mkdir -p sccbgm snakemake_logger_plugin_sccbgm \
    && touch sccbgm/__init__.py snakemake_logger_plugin_sccbgm/__init__.py \
    && pip install --constraint envs/constraints.txt '.[baselines,workflow,cluster]'

COPY . .
RUN pip install --no-deps --editable .

ENTRYPOINT ["snakemake"]
CMD ["--cores", "all", "all"]
