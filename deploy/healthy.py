"""Ends with 0 when the site of this container answers; asks by a host name that it answers to."""

import http.client
import os

host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")
site = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=4)
site.request("GET", "/healthz", headers={"Host": "localhost" if host == "*" else host})
raise SystemExit(site.getresponse().status != 200)
