"""What is learned: drafts of postmortems from the record of an incident, classified by a taxonomy that is data.

Flows in: the story of an incident. Flows out: a document as JSON and Markdown, kept in revisions.
"""

from steek.incidents.postmortems.document import Document, FollowUp, JudgedSuspect, Supposition
from steek.incidents.postmortems.library import Postmortem, Postmortems
from steek.incidents.postmortems.taxonomy import Category, Suggestion, Taxonomy, load_taxonomy

__all__ = [
    "Category",
    "Document",
    "FollowUp",
    "JudgedSuspect",
    "Postmortem",
    "Postmortems",
    "Suggestion",
    "Supposition",
    "Taxonomy",
    "load_taxonomy",
]
