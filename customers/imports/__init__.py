"""Files that come in: read, matched to a form's fields, checked and run row by row."""

from .fields import FORMS, Fields, fields_of, form_field, names_of, text_of

__all__ = ["FORMS", "Fields", "fields_of", "form_field", "names_of", "text_of"]
