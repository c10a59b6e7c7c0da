"""The tests' settings with static files as a deployment has them: collected, hashed, compressed."""

import os
from pathlib import Path

from dubadmin import settings as deployed

from .settings import *  # noqa: F403

STORAGES = deployed.STORAGES
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = False
STATIC_ROOT = Path(os.environ["COLLECTED"])
