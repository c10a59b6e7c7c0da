"""The query string of the list of customers."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from customers import formats
from customers.columns import COLUMNS, columns_called
from customers.formats import Format
from customers.models import Preferences, SavedView
from customers.queries import Facets
from customers.saved import query_of
from dubadmin.dub.reads import MAX_PAGE, SORTS

from .shared import QuickSelect

COLUMN_NAMES = {column.name for column in COLUMNS}


def _number(value: int) -> str:
    return formats.current().number(value)


class CustomerListForm(forms.Form):
    """The list's address: everything that it shows is in its query string."""

    SORTS = [
        ("createdAt", _("Created")),
        ("saleAmount", _("Lifetime value")),
        ("firstSaleAt", _("First sale")),
        ("subscriptionCanceledAt", _("Cancelled")),
    ]

    q = forms.CharField(label=_("Find"), max_length=200, required=False)
    country = forms.CharField(label=_("Country"), max_length=64, required=False, widget=QuickSelect)
    link = forms.CharField(label=_("Link"), max_length=190, required=False, widget=QuickSelect)
    partner = forms.CharField(
        label=_("Partner"), max_length=190, required=False, widget=QuickSelect
    )
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=SORTS,
        widget=QuickSelect,
    )
    order = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=[("desc", _("Descending")), ("asc", _("Ascending"))],
        widget=QuickSelect,
    )
    page = forms.IntegerField(
        min_value=1,
        max_value=MAX_PAGE,
        required=False,
        widget=forms.HiddenInput,
        error_messages={
            "max_value": format_lazy(
                _("Dub lists at most {most} pages. Search or filter to see further."),
                most=lazy(_number, str)(MAX_PAGE),
            )
        },
    )
    after = forms.CharField(max_length=190, required=False, widget=forms.HiddenInput)
    view = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput)
    columns = forms.CharField(
        label=_("Columns"), max_length=300, required=False, widget=forms.HiddenInput
    )
    size = forms.TypedChoiceField(
        label=_("Rows"),
        coerce=int,
        required=False,
        empty_value=50,  # type: ignore[arg-type]  # the stubs know only text
        choices=[(25, "25"), (50, "50"), (100, "100")],
    )

    def offer(self, facets: Facets) -> None:
        """Fills the filters with what Dub has, and keeps a value that it does not have."""
        offered = _offered(facets, formats.current())
        for name, every in (
            ("country", _("All countries")),
            ("link", _("All links")),
            ("partner", _("All partners")),
        ):
            chosen = self.data.get(name, "")
            known = chosen in {value for value, label in offered[name]}
            extra = () if not chosen or known else ((chosen, chosen),)
            widget = cast(QuickSelect, self.fields[name].widget)
            widget.offered = ("", str(every)), *extra, *offered[name]

    def clean_columns(self) -> str:
        """Names with commas between them, as they stand in the address."""
        names: list[str] = [name for name in self.cleaned_data["columns"].split(",") if name]
        for name in names:
            if name not in COLUMN_NAMES:
                raise forms.ValidationError(
                    _("There is no column “%(name)s”."), params={"name": name}
                )
        return ",".join(names)

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


class DisplayForm(forms.Form):
    """Which columns the list has, how high its rows are, and what it opens with."""

    columns = forms.MultipleChoiceField(
        required=False, choices=[(column.name, column.label) for column in COLUMNS]
    )
    density = forms.ChoiceField(choices=Preferences.Density.choices)
    opens_with = forms.ModelChoiceField(queryset=SavedView.objects.none(), required=False)

    def __init__(self, *args: Any, views: QuerySet[SavedView], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField[SavedView], self.fields["opens_with"]).queryset = views

    def clean_columns(self) -> list[str]:
        """The columns by name, [] for the usual ones."""
        chosen = columns_called(["customer", *self.cleaned_data["columns"]])
        return [] if chosen == columns_called([]) else [column.name for column in chosen]


class ViewForm(forms.ModelForm[SavedView]):
    """A saved view: its name, and whether all may open it.

    `query` is the query string of a list, and as strictly read as an address.
    """

    query = forms.CharField(max_length=1500, required=False, widget=forms.HiddenInput)

    class Meta:
        model = SavedView
        fields = ["name", "is_shared", "query"]
        labels = {"name": _("Name"), "is_shared": _("Everybody here may open it")}

    def clean_query(self) -> str:
        asked = CustomerListForm(QueryDict(self.cleaned_data["query"]))
        if not asked.is_valid():
            raise forms.ValidationError(_("This list cannot be opened, so it cannot be saved."))
        return query_of(asked.cleaned_data)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        others = SavedView.objects.filter(owner=self.instance.owner, name=given.get("name"))
        if others.exclude(pk=self.instance.pk).exists():
            self.add_error("name", _("You have a view of this name already."))
        return given


@lru_cache(maxsize=64)
def _offered(facets: Facets, named: Format) -> dict[str, tuple[tuple[str, str], ...]]:
    """Kept, because every page of the list offers the same."""
    countries = (
        (each.value, _counted(named.country(each.value) or each.value, each.count))
        for each in facets.countries
    )
    return {
        "country": tuple(sorted(countries, key=lambda pair: pair[1])),
        "link": tuple((each.value, _counted(each.label, each.count)) for each in facets.links),
        "partner": tuple((each.value, each.label) for each in facets.partners),
    }


def _counted(label: str, count: int | None) -> str:
    return label if count is None else f"{label} ({_number(count)})"
