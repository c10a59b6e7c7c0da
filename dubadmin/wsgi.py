"""The WSGI application that a web server runs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dubadmin.settings")
application = get_wsgi_application()

from customers.startup import note_settings  # noqa: E402  it needs the settings to be there

note_settings()
