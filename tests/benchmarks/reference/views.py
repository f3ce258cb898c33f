from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.benchmarks.reference.models import ReferenceContact


class PersonSerializer(serializers.Serializer[Any]):
    individualTitle = serializers.CharField(source="title", required=False, default="")
    individualFirstname = serializers.CharField(source="first_name", required=False, default="")
    individualLastname = serializers.CharField(source="last_name", required=False, default="")
    email = serializers.CharField(required=False, default="", allow_null=True)
    cellPhoneNumber = serializers.CharField(source="mobile_phone", required=False, default="")
    birthDate = serializers.CharField(source="birth_date", required=False, default="")
    language = serializers.CharField(required=False, default="")


class ContactSerializer(serializers.Serializer[Any]):
    contactNumber = serializers.CharField(source="contact_number")
    type = serializers.CharField(required=False, default="")
    role = serializers.CharField(required=False, default="")
    state = serializers.CharField(required=False, default="")
    individualContact = PersonSerializer(required=False, default=dict)
    addresses = serializers.ListField(child=serializers.DictField(), required=False, default=list)


class ReferenceView(APIView):
    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request) -> Response:
        serializer = ContactSerializer(data=request.data, many=True)
        serializer.is_valid(raise_exception=True)
        for record in serializer.validated_data:
            store(record)
        return Response({"received": len(serializer.validated_data)})


def store(record: dict[str, Any]) -> None:
    """One record, as serialized, to its row."""
    person = {name: value or "" for name, value in record["individualContact"].items()}
    address = dict(record["addresses"][0]) if record["addresses"] else {}
    own = {name: record[name] for name in ("type", "role", "state")}
    ReferenceContact.objects.update_or_create(
        contact_number=record["contact_number"], defaults={**own, **person, "address": address}
    )
