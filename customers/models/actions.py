"""What people do here, in the words of the log, and how each can end."""

from __future__ import annotations

from django.db import models

from dubadmin.dub import commands


class Outcome(models.TextChoices):
    """How an action ended. The first six are the only ends of a write (see Dub's traps)."""

    RECORDED = "recorded", "Recorded"
    DIFFERS = "differs", "Recorded, but stored differently"
    NOT_RECORDED = "not_recorded", "Not recorded"
    REFUSED = "refused", "Refused"
    NOT_SENT = "not_sent", "Not sent"
    UNKNOWN = "unknown", "Unknown"
    PENDING = "pending", "On its way"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    BLOCKED = "blocked", "Blocked"


HAPPENED = frozenset({Outcome.RECORDED, Outcome.DIFFERS})
NOTHING_HAPPENED = frozenset({Outcome.NOT_RECORDED, Outcome.REFUSED, Outcome.NOT_SENT})

# A write is named by what was wanted: refused, it has recorded nothing.
ACTIONS = {
    "home.view": "Opened the home page",
    "customer.list": "Listed customers",
    "view.form": "Opened or filled in a form of the list",
    "view.save": "Saved a view of the list",
    "view.delete": "Deleted a view of the list",
    "customer.find": "Looked for a customer",
    "customer.view": "Looked at a customer",
    "note.form": "Opened or filled in the form of a note",
    "note.add": "Wrote a note",
    "note.remove": "Removed a note",
    "customer.edit": "Opened the edit form",
    "customer.check": "Filled in the edit form",
    "customer.update": "Correction",
    "customer.undo": "Opened the undo form",
    "undo.check": "Filled in the undo form",
    "customer.remove": "Opened the delete form",
    "customer.confirm": "Filled in the delete form",
    "customer.delete": "Deletion",
    "lead.form": "Opened the lead form",
    "lead.check": "Filled in the lead form",
    "lead.record": "Lead",
    "sale.form": "Opened the sale form",
    "sale.check": "Filled in the sale form",
    "sale.record": "Sale",
    "sale.minor": "Checked an amount",
    "result.view": "Looked at a result",
    "result.follow": "Followed a result",
    "delivery.confirm": "Saw the event at Dub",
    "delivery.miss": "Missed the event at Dub",
    "write.settle": "Settled an unknown result",
    "write.resend": "Sent an unknown write again",
    "batch.form": "Opened the form for several customers",
    "batch.start": "Asked for a batch",
    "batch.list": "Looked through the batches",
    "batch.view": "Looked at a batch",
    "batch.follow": "Followed a batch",
    "batch.stop": "Stopped a batch",
    "batch.resume": "Let a batch go on",
    "batch.end": "Came to the end of a batch",
    "batch.leave": "Left a batch stopped",
    "attention.view": "Looked at what needs attention",
    "import.list": "Looked through the imports",
    "import.form": "Opened the import form",
    "import.template": "Took a template file",
    "import.upload": "Uploaded a file",
    "import.map": "Matched the columns of a file",
    "import.reread": "Had a file read anew",
    "import.remove": "Opened the form to delete an import",
    "import.delete": "Deleted an import",
    "import.view": "Looked at an import",
    "import.follow": "Followed an import",
    "import.check": "Had a file checked again",
    "import.start": "Had a file sent",
    "import.pause": "Paused an import",
    "import.resume": "Let an import go on",
    "import.stop": "Stopped an import",
    "import.retry": "Had rows of a file tried again",
    "import.leftover": "Took the rows that did not make it",
    "mapping.list": "Looked through saved mappings",
    "mapping.change": "Changed a saved mapping",
    "export.form": "Opened the export form",
    "export.check": "Filled in the export form",
    "export.start": "Export",
    "export.end": "End of an export",
    "export.list": "Looked through the exports",
    "export.view": "Looked at an export",
    "export.follow": "Followed an export",
    "export.download": "Downloaded an export",
    "export.stop": "Stopped an export",
    "export.resume": "Let an export go on",
    "export.remove": "Removed the file of an export",
    "audit.list": "Looked through the audit log",
    "audit.view": "Looked at an audit entry",
    "audit.export": "Export of the audit log",
    "audit.exported": "End of an export of the audit log",
    "audit.state": "Looked at the state of the audit log",
    "audit.ask": "Asked for a verification of the audit log",
    "audit.verify": "Verified the audit log",
    "audit.anchor": "Anchored the audit log",
    "audit.prune": "Removed expired entries",
    "audit.redact": "Redacted the data of a customer",
    "session.sign_in": "Signed in",
    "session.sign_out": "Signed out",
    "session.fail": "Failed to sign in",
    "account.view": "Opened a page of the account",
    "account.form": "Filled in a form of the account",
    "users.view": "Looked at users and roles",
    "users.form": "Filled in a form for users and roles",
    "user.add": "Added a user",
    "user.change": "Changed a user",
    "user.roles": "Changed the roles of a user",
    "user.delete": "Deleted a user",
    "role.change": "Changed what a role may do",
    "settings.change": "Changed the settings",
    "command.run": "Ran a command on the server",
    "page.miss": "Asked for a page that does not exist",
    "page.closed": "Asked for many pages without being signed in",
    "session.lock": "Was locked out for a while",
    "session.expire": "Session ran out",
    "session.confirm": "Confirmed who they are",
    "session.end": "Ended sessions",
    "preferences.change": "Changed their preferences",
    "account.link": "Linked with single sign-on",
    "password.change": "Changed the password",
    "step.add": "Set up a second step",
    "step.use": "Used a second step",
    "step.fail": "Failed at the second step",
    "step.remove": "Removed a second step",
    "passkey.add": "Added a passkey",
    "passkey.use": "Used a passkey",
    "passkey.fail": "Failed with a passkey",
    "passkey.remove": "Removed a passkey",
    "invitation.make": "Invited somebody",
    "invitation.withdraw": "Withdrew an invitation",
    "invitation.accept": "Accepted an invitation",
}

LOOKS = frozenset(
    {"customer.view", "customer.edit", "customer.undo", "customer.remove", "result.view"}
)
WRITES = frozenset(commands.ACTIONS)
