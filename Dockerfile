# One image for web, worker and beat; docker-compose.yml names the command of each. It holds no sandbox and no secret.
FROM python:3.13-slim AS packages
WORKDIR /build
COPY requirements/uv.txt requirements/portal.txt ./
RUN python -m venv /venv \
    && /venv/bin/python -m pip install --no-cache-dir --require-hashes -r uv.txt \
    && /venv/bin/python -m uv pip install --no-cache --compile-bytecode --python /venv/bin/python --require-hashes -r portal.txt \
    && /venv/bin/python -m pip uninstall --yes uv

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATIC_ROOT=/app/collected
RUN useradd --system --uid 10001 --home-dir /app --no-create-home portal \
    && install --directory --owner portal /var/lib/portal
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
RUN python -m deploy.collect_static
USER portal
EXPOSE 8000
CMD ["gunicorn", "portal.wsgi", "--bind", "0.0.0.0:8000"]
