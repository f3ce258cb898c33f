import factory
from django.contrib.auth.models import Permission, User


class UserFactory(factory.django.DjangoModelFactory):
    """A person who may open the admin and nothing else; `permissions=["sync.view_contact", ...]` grants some."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"operator{n}")
    is_staff = True

    @factory.post_generation
    def permissions(self, create, labels):
        for label in labels or ():
            app, codename = label.split(".")
            self.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
