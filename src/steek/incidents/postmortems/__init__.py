"""What is learned: postmortems drafted from the record of an incident, classified by a taxonomy that is data.

Flows in: the story of an incident, and files of old postmortems. Flows out: postmortems that people wrote in, reviewed
and published, kept in versions; what they confirmed, as events.
"""

from steek.incidents.postmortems.drafting import PostmortemDrafts
from steek.incidents.postmortems.report import Point, Report
from steek.incidents.postmortems.taxonomy import Category, Suggestion, Taxonomy, load_taxonomy

__all__ = [
    "Category",
    "Point",
    "PostmortemDrafts",
    "Report",
    "Suggestion",
    "Taxonomy",
    "load_taxonomy",
]
