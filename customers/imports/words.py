"""What people call the fields, in English and German: how columns are recognised by their names."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from django.utils import translation

from customers.amounts import CURRENCIES
from customers.facts import FIELDS
from customers.models import Import

from .fields import LANGUAGES, OLD, form_field, names_of

# Besides the field's own name, Dub's (which is the same without "_") and the form's label.
_MAIL = "e mail, mail, mail address, email address, e mail adresse, mailadresse"
_ID = (
    "customer, customer id, customer number, external id, user, user id, kunde, kunden id, "
    "kundennummer, kundennr, kunden nr, externe id, nutzer, nutzer id, debitor"
)
WORDS = {
    "customer_external_id": _ID,
    "amount": "total, sum, price, value, revenue, gross, net, betrag, summe, preis, wert, umsatz, "
    "brutto, netto, gesamt, gesamtbetrag, rechnungsbetrag",
    "currency": "currency code, währung, waehrung, währungscode",
    "event_name": "event, ereignis, ereignisname, vorgang",
    "invoice_id": "invoice, invoice number, invoice no, bill, receipt, rechnung, rechnungsnummer, "
    "rechnungsnr, rechnungs nr, rechnung nr, rechnungs id, beleg, belegnummer, belegnr",
    "payment_processor": "processor, payment provider, zahlungsanbieter, zahlungsdienst",
    "lead_event_name": "lead event, lead ereignis",
    "click_id": "click, dub id, klick, klick id",
    "customer_name": "name, full name, kundenname",
    "customer_email": f"email, {_MAIL}",
    "customer_avatar": "avatar, avatar url, picture, bild",
    "metadata": "meta, metadaten",
    "reason": "why, note, grund, begründung, anlass",
    "mode": "modus",
    "event_quantity": "quantity, count, number of events, menge, anzahl",
    "id": "dub id, dub customer id",
    "name": "full name, customer name, kundenname",
    "email": f"customer email, {_MAIL}",
    "external_id": f"customer external id, {_ID}",
    "stripe_customer_id": "stripe, stripe id, stripe customer, stripe kunde, stripe kunden id",
    "country": "country code, land, ländercode, laendercode, staat",
    "avatar": "avatar url, picture, bild",
    "subscription_canceled_at": "cancelled, canceled, cancelled at, cancelled on, "
    "subscription cancelled at, gekündigt, gekuendigt, gekündigt am, kündigung, abo gekündigt",
}
_OLD = frozenset(
    {"old", "previous", "former", "was", "before"}
    | {"alt", "alte", "alter", "altes", "bisher", "bisherige", "vorher"}
)
_NEW = frozenset({"new", "corrected", "now", "neu", "neue", "neuer", "neues"})
_METADATA = re.compile(r"(?:metadata|metadaten|meta)\s*[.:_\[/]\s*(.+?)\]?\s*", re.IGNORECASE)
_CURRENCIES = frozenset(code for code, _ in CURRENCIES)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def plain(text: str) -> tuple[str, ...]:
    """The words of a name: "invoiceId", "Invoice-ID" and "invoice_id" are all ("invoice", "id")."""
    text = unicodedata.normalize("NFKC", _CAMEL.sub(" ", text)).casefold()
    return tuple(re.findall(r"[^\W_]+", text))


@cache
def _known(kind: str) -> dict[str, str]:
    """The field behind each written name, words joined."""
    known: dict[str, str] = {}
    fields = [name for name in names_of(kind) if not name.startswith(OLD)]
    for name in fields:
        for words in (name, *_labels(kind, name), *WORDS.get(name, "").split(",")):
            known.setdefault("".join(plain(words)), name)
    for name in fields:
        known["".join(plain(name))] = name
    known.pop("", None)
    return known


def _labels(kind: str, name: str) -> list[str]:
    """What the form calls it, in every language that the site speaks."""
    called = []
    for language in LANGUAGES:
        with translation.override(language):
            called.append(str(form_field(kind, name).label or ""))
    return called


def field_of(kind: str, title: str) -> str:
    """The field that a column's title names, "" when none."""
    words, known = plain(title), _known(kind)
    whole = known.get("".join(words), "")
    if whole or kind != Import.Kind.CORRECTIONS:
        return whole or _amount_in(words, known)
    for times, prefix in ((_OLD, OLD), (_NEW, "")):
        rest = [word for word in words if word not in times]
        name = known.get("".join(rest), "")
        if name in FIELDS and len(rest) < len(words):
            return prefix + name
    return ""


def _amount_in(words: tuple[str, ...], known: dict[str, str]) -> str:
    """ "Betrag (EUR)", "Amount in USD"."""
    rest = [word for word in words if word != "in" and word.upper() not in _CURRENCIES]
    found = known.get("".join(rest), "")
    return found if found == "amount" else ""


def currency_of(title: str) -> str:
    """The currency that a title like "Betrag (EUR)" names, "" when none."""
    named = [word.upper() for word in plain(title) if word.upper() in _CURRENCIES]
    return named[0] if len(named) == 1 else ""


def metadata_key_of(title: str) -> str:
    """The key of a column like "metadata.order" or "metadata[order]", "" for any other."""
    found = _METADATA.fullmatch(title.strip())
    return found[1].strip() if found else ""
