"""The WSGI application that a web server runs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dubadmin.settings")
application = get_wsgi_application()

from customers.startup import note_settings, warm_up  # noqa: E402  they need the settings

note_settings()
warm_up()
