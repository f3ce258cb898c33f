"""Linking a contact to the record the CRM already has of the same person.

A venue's CRM knows most of its contacts before the first push, which then ends in "somebody else holds this e-mail
address". An operator looks at both sides and links them: the S-360 number is written on the CRM's record, and from then
on the first-link rule of each field decides what is sent. An e-mail address alone never links anybody.
"""

from crm.services.link_records.bulk import BulkReport, Left, link_free_candidates, sort_candidates
from crm.services.link_records.candidate import Candidate, LinkRefusedError, candidate_for, named_record
from crm.services.link_records.link import LinkReport, link_contact

__all__ = [
    "BulkReport",
    "Candidate",
    "Left",
    "LinkRefusedError",
    "LinkReport",
    "candidate_for",
    "link_contact",
    "link_free_candidates",
    "named_record",
    "sort_candidates",
]
