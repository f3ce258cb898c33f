"""Bodies as S-360 posts them: arrays of 50 contacts of about 1 kB, made before the clock starts."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

BATCH = 50

Record = dict[str, Any]


def contact(number: str, last_name: str = "Vandenberg") -> Record:
    """An ordinary contact with every block an institution usually selects. Invented."""
    return {
        "contactNumber": number,
        "contactId": 10_229_000_000_000 + int(number[-9:]),
        "type": "INDIVIDUAL",
        "role": "PUBLIC",
        "state": "ACTIVE",
        "guest": False,
        "creationDate": "2023-11-04T09:12:44.120+00:00",
        "hasWarning": False,
        "individualContact": {
            "individualTitle": "MRS",
            "individualFirstname": "Noor",
            "individualLastname": last_name,
            "email": f"noor.{number}@example.org",
            "cellPhoneNumber": "+32470112233",
            "phoneNumber1": "+3292334455",
            "birthDate": "1986-05-19",
            "language": "nl",
            "individualCountryCode": "BE",
        },
        "addresses": [
            {"isMain": True, "line1": "Kerkstraat 7", "zipCode": "9000", "town": "Gent", "countryCode": "BE"},
        ],
        "authorizations": [{"code": "NEWSLETTER", "authorized": True}, {"code": "PARTNERS", "authorized": False}],
        "contactCriteria": [{"criterionIdCode": "INTEREST", "values": ["DANCE", "OPERA"]}],
    }


def number(index: int) -> str:
    """Ten digits with leading zeros, as S-360 numbers contacts."""
    return f"{index:010d}"


def bodies(indexes: Sequence[int], last_name: str = "Vandenberg") -> list[bytes]:
    """The arrays that carry these contacts, in order."""
    return [orjson.dumps([contact(number(index), last_name) for index in part]) for part in _parts(indexes)]


def _parts(indexes: Sequence[int]) -> Iterator[Sequence[int]]:
    return (indexes[start : start + BATCH] for start in range(0, len(indexes), BATCH))
