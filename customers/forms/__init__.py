"""Forms. Fields are Dub's JSON keys in snake_case; each form builds what is sent."""

from .correct import EditForm, UndoForm
from .delete import DeleteForm
from .export import ExportForm
from .incoming import SavedNameForm, UploadForm
from .lists import CustomerListForm, DisplayForm, ViewForm
from .log import AuditExportForm, AuditListForm
from .notes import NoteForm
from .preferences import PreferencesForm, ThemeForm
from .record import (
    ConfirmForm,
    LeadForm,
    SaleForm,
    TrackForm,
    currencies_differ,
    currency_called,
    why_no_amount,
)
from .sending import StartForm
from .several import DeleteSeveralForm, SelectionForm, SetFieldForm
from .shared import new_key

__all__ = [
    "AuditExportForm",
    "AuditListForm",
    "ConfirmForm",
    "CustomerListForm",
    "DeleteForm",
    "DeleteSeveralForm",
    "DisplayForm",
    "EditForm",
    "ExportForm",
    "LeadForm",
    "NoteForm",
    "PreferencesForm",
    "SaleForm",
    "SavedNameForm",
    "SelectionForm",
    "SetFieldForm",
    "StartForm",
    "ThemeForm",
    "TrackForm",
    "UndoForm",
    "UploadForm",
    "ViewForm",
    "currencies_differ",
    "currency_called",
    "new_key",
    "why_no_amount",
]
