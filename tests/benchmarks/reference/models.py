from django.db import models


class ReferenceContact(models.Model):
    """A contact as one would model it on the first day."""

    contact_number = models.CharField(max_length=30, unique=True)
    type = models.CharField(max_length=20, blank=True)
    role = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=20, blank=True)
    title = models.CharField(max_length=20, blank=True)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    email = models.CharField(max_length=200, blank=True, db_index=True)
    mobile_phone = models.CharField(max_length=50, blank=True)
    birth_date = models.CharField(max_length=30, blank=True)
    language = models.CharField(max_length=10, blank=True)
    address = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "bench_reference"

    def __str__(self) -> str:
        return self.contact_number
