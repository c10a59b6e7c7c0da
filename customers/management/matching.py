"""What the columns of a file are, said by options of a command: checked by the site's own form."""

from __future__ import annotations

import zoneinfo
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import CommandError, CommandParser

from customers import imports
from customers.audit import operator
from customers.imports.form import METADATA
from customers.models import Import, NamedMapping

WRONG = 2  # the exit code of options that are wrong


def add_arguments(parser: CommandParser, kind: Import.Kind) -> None:
    names = ", ".join(imports.names_of(kind))
    add = parser.add_argument_group(
        "what the columns are, where their names do not say"
    ).add_argument
    add("--mapping", metavar="NAME", help="a mapping that somebody saved on the site")
    add("--mapping-of", metavar="PERSON", help="whose it is, where several have one of that name")
    add(
        "--column", type=_pair, action="append", default=[], metavar="FIELD=HEADER",
        help=f"the column of a field; several times. Fields: {names}",
    )  # fmt: skip
    add(
        "--metadata", action="append", default=[], metavar="HEADER",
        help="a column that is kept as metadata of its name; several times",
    )  # fmt: skip
    add("--ignore", action="append", default=[], metavar="HEADER", help="a column that is not used")
    add(
        "--value", type=_pair, action="append", default=[], metavar="FIELD=VALUE",
        help="a value for rows whose column says none, as currency=EUR; several times",
    )  # fmt: skip
    add("--number-format", choices=["point", "comma"], help="1,234.56 or 1.234,56")
    add("--date-format", choices=["dmy", "mdy"], help="31/12/2026 or 12/31/2026")
    add("--time-zone", type=_zone, metavar="ZONE", help="of times without one, UTC unless given")
    add("--empty", choices=["keep", "clear"], help="what an empty cell of a correction does")


def _pair(text: str) -> tuple[str, str]:
    name, is_pair, value = text.partition("=")
    if not is_pair:
        raise ArgumentTypeError(f"“{text}” has no “=”.")
    return name.strip(), value.strip()


def _zone(text: str) -> str:
    if text not in zoneinfo.available_timezones():
        raise ArgumentTypeError(f"There is no time zone “{text}”.")
    return text


def match(file: Import, options: dict[str, Any]) -> str:
    """Lets the dry run begin. Says what the columns are taken for. Raises CommandError."""
    suggested = _suggested(file, options)
    data = _data(file, suggested, options)
    form = imports.MappingForm(data, file=file, suggested=suggested, zone=data["time_zone"])
    if not form.is_valid():
        raise CommandError("\n".join(_problems(form)), returncode=WRONG)
    given = form.cleaned_data
    imports.match(
        file,
        mapping=form.mapping,
        number_format=given["number_format"],
        date_format=given["date_format"],
        time_zone=given.get("time_zone", file.time_zone),
        actor=operator(),
    )
    return _told(file, form.mapping)


def _suggested(file: Import, options: dict[str, Any]) -> dict[str, Any]:
    name, whose = options["mapping"], options["mapping_of"]
    if not name:
        return imports.guess(file.kind, file.header)
    found = NamedMapping.objects.filter(name=name, kind=file.kind).select_related("person")
    saved = list(found.filter(person__username=whose) if whose else found)
    if not saved:
        raise CommandError(f"--mapping: there is no saved mapping “{name}”.", returncode=WRONG)
    if len(saved) > 1:
        people = ", ".join(sorted(each.person.get_username() for each in saved))
        raise CommandError(f"--mapping-of: say whose mapping: {people}.", returncode=WRONG)
    return imports.applied(saved[0], file.header)


def _data(file: Import, suggested: dict[str, Any], options: dict[str, Any]) -> dict[str, str]:
    """The form as somebody would submit it who chose what the options say."""
    chosen = {at: name for name, at in suggested["columns"].items()}
    chosen |= dict.fromkeys(suggested["metadata"].values(), METADATA)
    given = [*options["column"], *((METADATA, header) for header in options["metadata"])]
    own = {_column(file, header): name for name, header in given}
    said = {name for name in own.values() if name != METADATA}
    chosen = {at: name for at, name in chosen.items() if name not in said} | own
    for header in options["ignore"]:
        chosen.pop(_column(file, header), None)
    ways = ("number_format", "date_format", "time_zone", "empty")
    usual = {"time_zone": "UTC", "empty": "keep"}
    return {
        **{f"column_{at}": name for at, name in chosen.items()},
        **{f"fixed_{name}": text for name, text in suggested["fixed"].items()},
        **{f"fixed_{name}": text for name, text in options["value"]},
        **{way: options[way] or suggested.get(way) or usual.get(way, "") for way in ways},
    }


def _column(file: Import, header: str) -> int:
    for name in (str, str.casefold):
        names = [name(title) for title in file.header]
        if name(header) in names:
            return names.index(name(header))
    titles = ", ".join(f"“{title}”" for title in file.header)
    raise CommandError(f"There is no column “{header}”. There are: {titles}.", returncode=WRONG)


def _problems(form: imports.MappingForm) -> list[str]:
    """In terms of the options."""
    told: list[str] = []
    for name, errors in form.errors.items():
        said = " ".join(map(str, errors))
        part, _, rest = name.partition("_")
        if name == "__all__":
            told += map(str, errors)
        elif part == "column":
            told.append(f"--column, “{form.file.header[int(rest)]}”: {said}")
        elif part == "fixed":
            told.append(f"--value {rest}: {said}")
        else:
            told.append(f"--{name.replace('_', '-')}: {said}")
    return told


def _told(file: Import, mapping: dict[str, Any]) -> str:
    used = {name: file.header[at] for name, at in mapping["columns"].items()}
    kept = [file.header[at] for at in mapping["metadata"].values()]
    rest = [title for title in file.header if title not in {*used.values(), *kept}]
    said = [f"{name} “{title}”" for name, title in used.items()]
    said += [f"{name} is {text} where a row has none" for name, text in mapping["fixed"].items()]
    said += [f"metadata “{title}”" for title in kept]
    return f"Columns: {', '.join(said)}.{_unused(rest)}"


def _unused(titles: list[str]) -> str:
    return f" Not used: {', '.join(f'“{title}”' for title in titles)}." if titles else ""
