"""The query string of the list of customers."""

from __future__ import annotations

from typing import Any

from django import forms

from customers.queries import Facets
from dubadmin.dub.reads import MAX_PAGE, SORTS

from .shared import COUNTRIES, QuickSelect


class CustomerListForm(forms.Form):
    """The list's address: everything that it shows is in its query string."""

    SORTS = [
        ("createdAt", "Created"),
        ("saleAmount", "Lifetime value"),
        ("firstSaleAt", "First sale"),
        ("subscriptionCanceledAt", "Cancelled"),
    ]

    q = forms.CharField(label="Find", max_length=200, required=False)
    country = forms.CharField(label="Country", max_length=64, required=False, widget=QuickSelect)
    link = forms.CharField(label="Link", max_length=190, required=False, widget=QuickSelect)
    partner = forms.CharField(label="Partner", max_length=190, required=False, widget=QuickSelect)
    sort = forms.ChoiceField(
        label="Sort by",
        required=False,
        choices=[
            ("createdAt", "Created"),
            ("saleAmount", "Lifetime value"),
            ("firstSaleAt", "First sale"),
            ("subscriptionCanceledAt", "Cancelled"),
        ],
        widget=QuickSelect,
    )
    order = forms.ChoiceField(
        label="Order",
        required=False,
        choices=[("desc", "Descending"), ("asc", "Ascending")],
        widget=QuickSelect,
    )
    page = forms.IntegerField(
        min_value=1,
        max_value=MAX_PAGE,
        required=False,
        widget=forms.HiddenInput,
        error_messages={
            "max_value": f"Dub lists at most {MAX_PAGE:,} pages. Search or filter to see further."
        },
    )
    after = forms.CharField(max_length=190, required=False, widget=forms.HiddenInput)
    size = forms.TypedChoiceField(
        label="Rows",
        coerce=int,
        required=False,
        empty_value=50,  # type: ignore[arg-type]  # the stubs know only text
        choices=[(25, "25"), (50, "50"), (100, "100")],
    )

    def offer(self, facets: Facets) -> None:
        """Fills the filters with what Dub has, and keeps a value that it does not have."""
        names = dict(COUNTRIES)
        countries = [
            (f.value, _counted(names.get(f.value, f.value), f.count)) for f in facets.countries
        ]
        links = [(f.value, _counted(f.label, f.count)) for f in facets.links]
        partners = [(f.value, f.label) for f in facets.partners]
        for name, choices, every in (
            ("country", sorted(countries, key=lambda pair: pair[1]), "All countries"),
            ("link", links, "All links"),
            ("partner", partners, "All partners"),
        ):
            chosen = self.data.get(name, "")
            known = chosen in {value for value, _ in choices}
            extra = [] if not chosen or known else [(chosen, chosen)]
            self.fields[name].widget.choices = [("", every), *extra, *choices]

    def query(self) -> dict[str, Any]:
        """What `queries.list_customers` takes."""
        given = self.cleaned_data
        return {
            "q": given["q"],
            "country": given["country"],
            "link": given["link"],
            "partner": given["partner"],
            "sort": given["sort"] or SORTS[0],
            "order": given["order"] or "desc",
            "page": given["page"] or 1,
            "size": given["size"],
            "after": given["after"],
        }


def _counted(label: str, count: int | None) -> str:
    return label if count is None else f"{label} ({count:,})"
