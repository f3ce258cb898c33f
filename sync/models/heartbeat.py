from django.db import models
from django.db.models.functions import Now


class Heartbeat(models.Model):
    """The last sign of life of one part (`beat`, `worker:<host>:<pid>`), on the database's clock."""

    name = models.CharField(max_length=120, primary_key=True)
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name
