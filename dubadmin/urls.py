"""The site's addresses: dubadmin's own, and Django's admin for users and groups."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("customers.urls")),
]
handler400 = "customers.views.failures.bad_request"
handler429 = "customers.views.accounts.too_many"  # what allauth looks for
