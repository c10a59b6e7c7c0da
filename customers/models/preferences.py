"""How one person likes dubadmin to be."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.utils.translation import gettext_lazy as _

from .saved import SavedView


class Preferences(models.Model):
    """One row a person; who has none has the defaults.

    `time_zone` is an IANA name, "" for that of the browser. `start` is the name of an address.
    `language` is one of LANGUAGES, "" for that of the browser. `formats`, one of `formats.NAMES`,
    is how numbers and dates are written, "" for as the language has them.
    `columns` are those of the list of customers, [] for the usual ones; `view` is what it opens
    with.
    """

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", _("Comfortable")
        COMPACT = "compact", _("Compact")

    class Contrast(models.TextChoices):
        AUTO = "auto", _("As the system")
        MORE = "more", _("High")

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="preferences"
    )
    theme = models.CharField(max_length=16, choices=Theme.choices, default=Theme.AUTO)
    contrast = models.CharField(max_length=16, choices=Contrast.choices, default=Contrast.AUTO)
    density = models.CharField(max_length=16, choices=Density.choices, default=Density.COMFORTABLE)
    time_zone = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=16, blank=True)
    formats = models.CharField(max_length=16, blank=True)
    start = models.CharField(max_length=40, default="home")
    columns = models.JSONField(default=list)
    view = models.ForeignKey(SavedView, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Preferences of {self.user}"


def preferences_of(user: User | AnonymousUser) -> Preferences:
    """A person's preferences; the defaults, not saved, for strangers and who has none."""
    if isinstance(user, AnonymousUser):
        return Preferences()
    try:
        return user.preferences
    except Preferences.DoesNotExist:
        return Preferences(user=user)
