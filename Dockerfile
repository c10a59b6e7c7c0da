# docker build -t dubadmin .    (.ci/image runs the same lines in a clean folder without Docker)
FROM python:3.11-slim AS build
WORKDIR /srv/dubadmin
RUN python3.11 -m venv .venv
COPY requirements.txt manage.py gunicorn.conf.py ./
RUN .venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt
COPY dubadmin dubadmin
COPY customers customers
COPY templates templates
COPY locale locale
COPY static static
COPY deploy/healthy.py deploy/healthy.py
RUN .venv/bin/python manage.py collectstatic --noinput
RUN rm var/secret-key
RUN .venv/bin/python -m compileall -q dubadmin customers manage.py

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin dubadmin
COPY --from=build /srv/dubadmin /srv/dubadmin
WORKDIR /srv/dubadmin
USER dubadmin
ENV LOG_FORMAT=json
ENV PYTHONDONTWRITEBYTECODE=1
ENV PYTHONUNBUFFERED=1
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD [".venv/bin/python", "deploy/healthy.py"]
CMD [".venv/bin/python", "-m", "gunicorn", "dubadmin.wsgi", "--bind", "0.0.0.0:8000"]
