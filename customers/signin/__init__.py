"""Coming in and staying in: what django-allauth leaves open, and what it must not leave open."""
