"""Every text has its translation, and no text is left out: in templates, scripts and sources."""

from __future__ import annotations

import ast
import io
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.mofile import read_mo
from django.conf import settings
from django.core.management import call_command
from django.template.base import Lexer, Token, TokenType

from customers.management import catalogue

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted(
    path.relative_to(ROOT / "templates").as_posix()
    for path in (ROOT / "templates").rglob("*")
    if path.suffix in {".html", ".txt"}
)
# What is called the same everywhere.
NAMES = {"dubadmin", "CSV", "XLSX", "USD", "SHA", "ms"}
LANGUAGES = catalogue.languages()


def keys(catalog: Catalog) -> dict[tuple[object, str | None], Message]:
    return {(several(each.id), plain(each.context)): each for each in catalog if each.id}


def plain(context: object) -> str | None:
    """A compiled catalogue is read with its contexts as bytes."""
    return context.decode() if isinstance(context, bytes) else context  # type: ignore[return-value]


def several(text: object) -> object:
    """A singular and its plural stand together."""
    return tuple(text) if isinstance(text, list | tuple) else text


def both(message: Message) -> list[tuple[str, str]]:
    """Each English text of a message beside its translations."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    singular, plural = message.id
    return [(singular, message.string[0]), *((plural, each) for each in message.string[1:])]


def parts(text: str) -> Counter[str]:
    """What must be the same in every language: placeholders, and the elements of a page."""
    return Counter(re.findall(r"%\(\w+\)[a-z]|%%|\{\w*\}|</?[a-z]+(?: [^>]*)?>|%[sd]", text))


# The catalogues


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_has_the_texts_of_the_sources_and_no_others(language: str) -> None:
    kept, now = keys(catalogue.kept(language)), keys(catalogue.renewed(language))
    assert {"new": now.keys() - kept.keys(), "gone": kept.keys() - now.keys()} == {
        "new": set(),
        "gone": set(),
    }, "run: .venv/bin/python manage.py messages"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    kept = catalogue.kept(language)
    assert [each.id for each in catalogue.missing(kept)] == []
    assert [each.id for each in kept if each.id and each.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_put_into_a_text_is_put_into_its_translation(language: str) -> None:
    wrong = []
    for message in keys(catalogue.kept(language)).values():
        for english, translated in both(message):
            # A singular may say "one" where the plural has the number, in either language.
            singular_may = not isinstance(message.id, str) and english == message.id[0]
            expected, found = parts(english), parts(translated)
            if found != expected and not (singular_may and found <= parts(message.id[1])):
                wrong.append((english, translated))
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_white_space_around_a_text_is_kept(language: str) -> None:
    for message in keys(catalogue.kept(language)).values():
        for english, translated in both(message):
            assert translated == translated.strip() or english != english.strip(), english


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_machine_reads_is_what_people_wrote(language: str) -> None:
    file = catalogue.po_file(language)
    compiled = read_mo(io.BytesIO(file.with_suffix(".mo").read_bytes()))
    written = keys(catalogue.kept(language))
    assert {key: several(each.string) for key, each in keys(compiled).items()} == {
        key: several(each.string) for key, each in written.items()
    }, "run: .venv/bin/python manage.py messages"


def test_the_command_changes_nothing_when_all_is_up_to_date(
    tmp_path: Path, settings: object, capsys: pytest.CaptureFixture[str], db: None
) -> None:
    kept = {language: catalogue.po_file(language).read_bytes() for language in LANGUAGES}
    settings.LOCALE_PATHS = [tmp_path]  # type: ignore[attr-defined]
    for language, text in kept.items():
        catalogue.po_file(language).parent.mkdir(parents=True)
        catalogue.po_file(language).write_bytes(text)
    call_command("messages")
    assert "not translated" not in capsys.readouterr().out
    for language, text in kept.items():
        assert catalogue.po_file(language).read_bytes() == text


# The sources


class Words(HTMLParser):
    """Collects what a page says of its own: text, and attributes that are shown or read aloud."""

    SHOWN = {"aria-label", "aria-description", "title", "placeholder", "alt", "label"}

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_data(self, data: str) -> None:
        self.said += words(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in self.SHOWN or (name.startswith("data-") and re.match("[A-Z]", value or "")):
                self.said += words(value or "")


def words(text: str) -> list[str]:
    return [each for each in re.findall(r"[^\W\d_]{2,}", text) if each not in NAMES]


def said_by(tokens: list[Token]) -> list[str]:
    """The words of a template that stand outside all that is translated."""
    html, skipped = [], ""
    parser = Words()
    for token in tokens:
        name = token.contents.split()[0] if token.contents.split() else ""
        if token.token_type == TokenType.BLOCK and not skipped:
            if name == "blocktranslate":
                skipped = "endblocktranslate"
            elif token.contents.startswith("block main_class"):
                skipped = "endblock"
            elif name in {"include", "firstof", "with"}:
                parser.said += literals(token.contents.partition(" with ")[2] or token.contents)
        elif token.token_type == TokenType.BLOCK and name == skipped:
            skipped = ""
        elif token.token_type == TokenType.VAR and not skipped:
            parser.said += literals(token.contents)
        elif token.token_type == TokenType.TEXT and not skipped:
            html.append(token.contents)
    parser.feed("".join(html))
    parser.close()
    return parser.said


def literals(expression: str) -> list[str]:
    """Words that stand in quotation marks, in sentences or capitals, and not in `_("…")`."""
    unmarked = re.sub(r'_\("[^"]*"\)', "", expression)
    unmarked = re.sub(r'\w+:"[a-z_ ]*"', lambda m: "" if "default" not in m[0] else m[0], unmarked)
    found = re.findall(r'"([^"]*)"', unmarked)
    return [each for text in found if " " in text or text[:1].isupper() for each in words(text)]


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_words_of_a_template_are_left_out(name: str) -> None:
    assert said_by(Lexer((ROOT / "templates" / name).read_text()).tokenize()) == []


@pytest.mark.parametrize(
    "template",
    [
        "<h1>Customers</h1>",
        "<p>{% translate 'All' %} customers</p>",
        '<img alt="A face">',
        '<a title="{{ name }} is here">',
        '<p data-why="Too late">',
        '{% include "a.html" with title="Too late" %}',
        '{{ name|default:"no name" }}',
        "{% blocktranslate %}Yes{% endblocktranslate %} and no",
        "{% if a %}yes{% endif %}",
    ],
)
def test_words_that_are_left_out_are_found(template: str) -> None:
    assert said_by(Lexer(template).tokenize())


@pytest.mark.parametrize("path", sorted((ROOT / "static" / "js").glob("*.js")), ids=str)
def test_scripts_have_no_words_of_their_own(path: Path) -> None:
    code = re.sub(r"(?m)^\s*//.*$", "", path.read_text())
    sentences = re.findall(r"""["'`]([A-Z][a-z]+[ .:][^"'`]*)["'`]""", code)
    assert sentences == []


def test_texts_are_marked_by_names_that_are_looked_for() -> None:
    """`gettext as something_else` would mark texts that the command does not find."""
    usual = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
    usual |= {f"{name}_lazy" for name in usual - {"_"}} | {"gettext_noop"}
    for path in ROOT.glob("customers/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
                for alias in node.names:
                    if "gettext" in alias.name:
                        assert (alias.asname or alias.name) in usual, path


def test_no_text_stands_within_an_f_string() -> None:
    """There it is not found."""
    marks = {"_", "gettext", "ngettext", "pgettext", "npgettext", "gettext_noop"}
    marks |= {f"{name}_lazy" for name in marks}
    wrong = [
        f"{path.name}:{node.lineno}"
        for path in ROOT.glob("customers/**/*.py")
        for made in ast.walk(ast.parse(path.read_text()))
        if isinstance(made, ast.JoinedStr)
        for node in ast.walk(made)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in marks
    ]
    assert wrong == []


def test_no_text_is_marked_within_an_f_string() -> None:
    """Where the command does not look before Python 3.12."""
    marks = {"_", "gettext", "ngettext", "pgettext", "npgettext", "gettext_noop"}
    wrong = []
    for path in [*ROOT.glob("customers/**/*.py"), *ROOT.glob("dubadmin/dub/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
                names = {each.func.id for each in calls if isinstance(each.func, ast.Name)}
                wrong += [f"{path.name}:{node.lineno}"] * bool(names & marks)
    assert wrong == []


def is_made(text: ast.expr) -> bool:
    """Whether values are put into a text by an f-string, by % or by format()."""
    if isinstance(text, ast.Call):
        return isinstance(text.func, ast.Attribute) and text.func.attr == "format"
    return isinstance(text, ast.JoinedStr | ast.BinOp)


def test_no_text_is_put_together_before_it_is_looked_up() -> None:
    """A text with a value already in it is in no catalogue."""
    marks = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
    marks |= {f"{name}_lazy" for name in marks}
    wrong = []
    for path in ROOT.glob("customers/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in marks
            ):
                texts = node.args[: 1 if node.func.id in {"_", "gettext", "gettext_lazy"} else 2]
                wrong += [f"{path.name}:{node.lineno}" for each in texts if is_made(each)]
    assert wrong == []


def test_the_image_has_what_a_page_is_made_of() -> None:
    """Without its catalogue a language would be offered, and speak English."""
    copied = re.findall(r"(?m)^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text())
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for folder in ("templates", "static", "locale"):
        assert folder in copied
        assert f"!{folder}" in ignored
