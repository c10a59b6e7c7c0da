"""Corrects customers from a file, from the server's command line."""

from customers.management.importing import ImportCommand
from customers.models import Import


class Command(ImportCommand):
    kind = Import.Kind.CORRECTIONS
