"""Reading files with positions, limits and no surprises; nothing is opened but the file named.

YAML and JSON come as plain dicts and lists (YAML scalars stay strings, null apart), several YAML documents as
``Documents``, JSON Lines as ``Records``, CSV and TSV as a ``Sheet``, a spreadsheet as a ``Workbook`` of sheets, XML
as nested dicts (see ``markup``), a zip as an ``Archive`` of documents, plain text as ``Lines``. A ``Stream`` is a file
that its loader reads piece by piece.
"""

from blastradius.reading.archives import Archive
from blastradius.reading.document import DATA, ParsedDocument, parse_document, read_document
from blastradius.reading.shapes import Documents, Lines, Records, Sheet, Unvalued, Workbook
from blastradius.reading.standard_input import read_standard_input
from blastradius.reading.streams import Progress, Stream, stream_document
from blastradius.reading.texts import uncollected

__all__ = [
    "DATA",
    "Archive",
    "Documents",
    "Lines",
    "ParsedDocument",
    "Progress",
    "Records",
    "Sheet",
    "Stream",
    "Unvalued",
    "Workbook",
    "parse_document",
    "read_document",
    "read_standard_input",
    "stream_document",
    "uncollected",
]
