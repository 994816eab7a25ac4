"""From the bytes of a customer file to typed columns, rejected rows and a report of what was found."""

from segmentation.intake.read import inspect_file, read_customers, require_customer_id
from segmentation.intake.text import sniff_format
from segmentation.intake.types import FileFormat, FilePreview, Finding, Intake, Reject
from segmentation.roles import DateOrder

__all__ = [
    "DateOrder",
    "FileFormat",
    "FilePreview",
    "Finding",
    "Intake",
    "Reject",
    "inspect_file",
    "read_customers",
    "require_customer_id",
    "sniff_format",
]
