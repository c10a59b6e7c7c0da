"""The ledger of invoice IDs: what was sent under which ID, for ever (traps S6, S8)."""

from __future__ import annotations

from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext

from dubadmin.dub.commands import TrackSale
from dubadmin.dub.marks import _
from dubadmin.dub.money import to_major

from . import formats
from .models import (
    HAPPENED,
    NOTHING_HAPPENED,
    AuditEntry,
    Invoice,
    Outcome,
    Relation,
    pending_timeout,
)


class InvoiceTaken(Exception):
    """This invoice ID was sent before, and nobody said that it may be sent again."""

    def __init__(self, earlier: Invoice, command: TrackSale) -> None:
        super().__init__(f"invoice ID used in entry {earlier.entry_id}")
        self.earlier = earlier
        self.command = command


def find(invoice_id: str) -> Invoice | None:
    """The newest sending of `invoice_id` that recorded a sale, or may have."""
    settled = AuditEntry.objects.filter(relation=Relation.SETTLE, outcome=Outcome.NOT_RECORDED)
    open_ = (Outcome.PENDING, Outcome.UNKNOWN)
    return _newest(
        Invoice.objects.filter(invoice_id=invoice_id)
        .exclude(entry__outcome__in=NOTHING_HAPPENED)
        .exclude(entry__outcome__in=open_, entry_id__in=settled.values("earlier_id"))
    )


def find_any(invoice_id: str) -> Invoice | None:
    """The newest sending of `invoice_id`, even one that came to nothing."""
    return _newest(Invoice.objects.filter(invoice_id=invoice_id))


def replayed(entry: AuditEntry) -> AuditEntry | None:
    """The sale whose answer Dub repeated to `entry`, where it was recorded here (trap S6)."""
    sent = Invoice.objects.filter(invoice_id=entry.body.get("invoiceId", ""), entry__lt=entry)
    found = _newest(sent.filter(entry__outcome__in=HAPPENED))
    return found.entry if found else None


def replay_of(invoice_id: str) -> AuditEntry | None:
    """The newest entry to which Dub answered with an earlier sale of this ID (trap S6)."""
    sent = Invoice.objects.filter(invoice_id=invoice_id, entry__outcome=Outcome.NOT_RECORDED)
    found = _newest(sent.exclude(entry__comparison=None))
    return found.entry if found else None


def _newest(sent: QuerySet[Invoice]) -> Invoice | None:
    return sent.select_related("entry").order_by("-serial").first()


def spelled_otherwise(invoice_id: str) -> Invoice | None:
    """A sending under the same ID in capitals or small letters: to Dub that is another sale."""
    spellings = {invoice_id.upper(), invoice_id.lower(), invoice_id.capitalize()} - {invoice_id}
    sent = Invoice.objects.filter(invoice_id__in=spellings).values_list("invoice_id", flat=True)
    return next((found for each in set(sent) if (found := find(each))), None)


def claim(command: TrackSale, *, entry: AuditEntry, override: bool, seen: Invoice | None) -> None:
    """Writes the sending into the ledger, in the transaction that commits its intent.

    Raises InvoiceTaken when the ID was sent before, unless `override` is given and that sending is
    over, and the one that was `seen` when it was given. Two at once: the database's unique key lets
    one through and the other fails with IntegrityError.
    """
    # The serial before the sendings: one that is committed in between is then seen or collides.
    serials = Invoice.objects.filter(invoice_id=command.invoice_id)
    last = serials.aggregate(last=Max("serial"))["last"] or 0
    earlier = find(command.invoice_id) if last else None
    if earlier and (not override or earlier != seen or is_on_its_way(earlier.entry)):
        raise InvoiceTaken(earlier, command)
    Invoice.objects.create(
        invoice_id=command.invoice_id,
        serial=last + 1,
        customer_external_id=command.customer_external_id,
        amount=command.amount,
        currency=command.currency.lower(),
        entry=entry,
    )


def is_on_its_way(entry: AuditEntry) -> bool:
    """Whether Dub may be at it still: then it would count another sending, too (trap S7)."""
    is_open = entry.outcome in (Outcome.PENDING, Outcome.UNKNOWN)
    return is_open and timezone.now() - entry.at <= pending_timeout()


def is_same(earlier: Invoice, command: TrackSale) -> bool:
    """Whether the earlier sending was of this very sale: customer, amount and currency.

    Capitals make no other customer (trap Q1).
    """
    return (earlier.customer_external_id.casefold(), earlier.amount, earlier.currency) == (
        command.customer_external_id.casefold(),
        command.amount,
        command.currency.lower(),
    )


def _conflict_text(earlier: Invoice, command: TrackSale) -> str:
    """What a person must know before the same invoice ID is sent again."""
    amount = to_major(earlier.amount, currency=earlier.currency)
    sent = gettext(_SENT).format(
        when=formats.current().moment(timezone.localtime(earlier.entry.at), "short"),
        person=earlier.entry.actor_name,
        customer=earlier.customer_external_id,
        amount=f"{formats.current().number(amount)} {earlier.currency.upper()}",
        number=earlier.entry_id,
    )
    then = gettext(_REPEATED if is_same(earlier, command) else _ANOTHER)
    if is_on_its_way(earlier.entry):
        then = gettext(_ON_ITS_WAY)
    elif earlier.entry.outcome in NOTHING_HAPPENED:
        then = gettext(_CAME_TO_NOTHING)
    return f"{sent} {then}"


_SENT = _(
    "This invoice ID was sent on {when} by {person} for {customer}, {amount} (entry #{number})."
)
_ANOTHER = _("That is another sale, so use another invoice ID.")
_ON_ITS_WAY = _(
    "It may be on its way to Dub still, and two at once count twice. Wait for its result."
)
_CAME_TO_NOTHING = _("It was sent in the same moment and came to nothing: send yours again.")
_REPEATED = _(
    "Within 7 days Dub would only repeat its first answer; later the sale would count twice."
)


conflict_text = lazy(_conflict_text, str)
