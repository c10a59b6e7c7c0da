"""What people do here, in the words of the log, and how each can end."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from dubadmin.dub import commands


class Outcome(models.TextChoices):
    """How an action ended. The first six are the only ends of a write (see Dub's traps)."""

    RECORDED = "recorded", _("Recorded")
    DIFFERS = "differs", _("Recorded, but stored differently")
    NOT_RECORDED = "not_recorded", _("Not recorded")
    REFUSED = "refused", _("Refused")
    NOT_SENT = "not_sent", _("Not sent")
    UNKNOWN = "unknown", _("Unknown")
    PENDING = "pending", _("On its way")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    BLOCKED = "blocked", _("Blocked")


HAPPENED = frozenset({Outcome.RECORDED, Outcome.DIFFERS})
NOTHING_HAPPENED = frozenset({Outcome.NOT_RECORDED, Outcome.REFUSED, Outcome.NOT_SENT})

# A write is named by what was wanted: refused, it has recorded nothing.
ACTIONS = {
    "home.view": _("Opened the home page"),
    "customer.list": _("Listed customers"),
    "view.form": _("Opened or filled in a form of the list"),
    "view.save": _("Saved a view of the list"),
    "view.delete": _("Deleted a view of the list"),
    "customer.find": _("Looked for a customer"),
    "customer.view": _("Looked at a customer"),
    "note.form": _("Opened or filled in the form of a note"),
    "note.add": _("Wrote a note"),
    "note.remove": _("Removed a note"),
    "customer.edit": _("Opened the edit form"),
    "customer.check": _("Filled in the edit form"),
    "customer.update": _("Correction"),
    "customer.undo": _("Opened the undo form"),
    "undo.check": _("Filled in the undo form"),
    "customer.remove": _("Opened the delete form"),
    "customer.confirm": _("Filled in the delete form"),
    "customer.delete": _("Deletion"),
    "lead.form": _("Opened the lead form"),
    "lead.check": _("Filled in the lead form"),
    "lead.record": _("Lead"),
    "sale.form": _("Opened the sale form"),
    "sale.check": _("Filled in the sale form"),
    "sale.record": _("Sale"),
    "sale.minor": _("Checked an amount"),
    "result.view": _("Looked at a result"),
    "result.follow": _("Followed a result"),
    "delivery.confirm": _("Saw the event at Dub"),
    "delivery.miss": _("Missed the event at Dub"),
    "write.settle": _("Settled an unknown result"),
    "write.resend": _("Sent an unknown write again"),
    "batch.form": _("Opened the form for several customers"),
    "batch.start": _("Asked for a batch"),
    "batch.list": _("Looked through the batches"),
    "batch.view": _("Looked at a batch"),
    "batch.follow": _("Followed a batch"),
    "batch.stop": _("Stopped a batch"),
    "batch.resume": _("Let a batch go on"),
    "batch.end": _("Came to the end of a batch"),
    "batch.leave": _("Left a batch stopped"),
    "attention.view": _("Looked at what needs attention"),
    "import.list": _("Looked through the imports"),
    "import.form": _("Opened the import form"),
    "import.template": _("Took a template file"),
    "import.upload": _("Uploaded a file"),
    "import.map": _("Matched the columns of a file"),
    "import.reread": _("Had a file read anew"),
    "import.remove": _("Opened the form to delete an import"),
    "import.delete": _("Deleted an import"),
    "import.view": _("Looked at an import"),
    "import.follow": _("Followed an import"),
    "import.check": _("Had a file checked again"),
    "import.start": _("Had a file sent"),
    "import.pause": _("Paused an import"),
    "import.resume": _("Let an import go on"),
    "import.stop": _("Stopped an import"),
    "import.retry": _("Had rows of a file tried again"),
    "import.leftover": _("Took the rows that did not make it"),
    "mapping.list": _("Looked through saved mappings"),
    "mapping.change": _("Changed a saved mapping"),
    "export.form": _("Opened the export form"),
    "export.check": _("Filled in the export form"),
    "export.start": _("Export"),
    "export.end": _("End of an export"),
    "export.list": _("Looked through the exports"),
    "export.view": _("Looked at an export"),
    "export.follow": _("Followed an export"),
    "export.download": _("Downloaded an export"),
    "export.stop": _("Stopped an export"),
    "export.resume": _("Let an export go on"),
    "export.remove": _("Removed the file of an export"),
    "audit.list": _("Looked through the audit log"),
    "audit.view": _("Looked at an audit entry"),
    "audit.export": _("Export of the audit log"),
    "audit.exported": _("End of an export of the audit log"),
    "audit.state": _("Looked at the state of the audit log"),
    "audit.ask": _("Asked for a verification of the audit log"),
    "audit.verify": _("Verified the audit log"),
    "audit.anchor": _("Anchored the audit log"),
    "audit.prune": _("Removed expired entries"),
    "audit.redact": _("Redacted the data of a customer"),
    "session.sign_in": _("Signed in"),
    "session.sign_out": _("Signed out"),
    "session.fail": _("Failed to sign in"),
    "account.view": _("Opened a page of the account"),
    "account.form": _("Filled in a form of the account"),
    "users.view": _("Looked at users and roles"),
    "users.form": _("Filled in a form for users and roles"),
    "user.add": _("Added a user"),
    "user.change": _("Changed a user"),
    "user.roles": _("Changed the roles of a user"),
    "user.delete": _("Deleted a user"),
    "role.change": _("Changed what a role may do"),
    "settings.change": _("Changed the settings"),
    "command.run": _("Ran a command on the server"),
    "page.miss": _("Asked for a page that does not exist"),
    "page.closed": _("Asked for many pages without being signed in"),
    "session.lock": _("Was locked out for a while"),
    "session.expire": _("Session ran out"),
    "session.confirm": _("Confirmed who they are"),
    "session.end": _("Ended sessions"),
    "preferences.change": _("Changed their preferences"),
    "account.link": _("Linked with single sign-on"),
    "password.change": _("Changed the password"),
    "step.add": _("Set up a second step"),
    "step.use": _("Used a second step"),
    "step.fail": _("Failed at the second step"),
    "step.remove": _("Removed a second step"),
    "passkey.add": _("Added a passkey"),
    "passkey.use": _("Used a passkey"),
    "passkey.fail": _("Failed with a passkey"),
    "passkey.remove": _("Removed a passkey"),
    "invitation.make": _("Invited somebody"),
    "invitation.withdraw": _("Withdrew an invitation"),
    "invitation.accept": _("Accepted an invitation"),
}

# Pages with the data of one customer; where none was known yet, their entries are about nobody.
LOOKS = frozenset(
    {
        *("customer.view", "customer.edit", "customer.check", "customer.undo", "undo.check"),
        *("customer.remove", "customer.confirm", "note.form", "result.view", "audit.view"),
        *("lead.form", "lead.check", "sale.form", "sale.check"),
    }
)
WRITES = frozenset(commands.ACTIONS)
