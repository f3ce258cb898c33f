from tests.sync.api.conftest import Door
from sync.models import Delivery

def test_smoke(door: Door) -> None:
    a = door.post([{"contactNumber": "0048213"}, {"contactNumber": 5}])
    assert (a.status_code, a.json()) == (200, {"received": 2, "accepted": 1, "rejected": 1})
    print(Delivery.objects.get().records.values())
    assert door.post(b"<html>").status_code == 400
    assert door.post([], path=door.path[:-3]).status_code == 404
