"""What a customer bought, month by month, drawn as HTML: by plain functions, as the timeline is."""

from __future__ import annotations

from datetime import date

from django.utils.safestring import SafeString

from .charts import WIDE, Figures, bars
from .templatetags import show


def bars_of(months: dict[date, Figures]) -> SafeString:
    """The bars of an SVG that is WIDE for each month; what each says stands in its title."""
    drawn = bars(list(months), [each.cents for each in months.values()])
    return SafeString(
        "".join(
            f'<rect class="bar{"" if bar.value else " none"}" x="{bar.x}" y="{bar.y}" '
            f'width="{WIDE - 2}" height="{bar.height}">'
            f"<title>{_called(bar.day)}: {months[bar.day].dollars} USD</title></rect>"
            for bar in drawn
        )
    )


def rows_of(months: dict[date, Figures]) -> SafeString:
    """The rows of the table behind the bars, newest first: month, US dollars, sales."""
    return SafeString(
        "".join(
            f'<tr><th scope="row">{_called(month)}</th><td class="end num">{each.dollars}</td>'
            f'<td class="end num">{show.number(each.sales)}</td></tr>'
            for month, each in reversed(months.items())
        )
    )


def _called(month: date) -> str:
    return show.day(month, "month")
