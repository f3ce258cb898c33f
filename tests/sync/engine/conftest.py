"""No deadline for one example: the machine may be busy with other tests, and nothing here waits."""

from hypothesis import settings

settings.register_profile("engine", deadline=None)
settings.load_profile("engine")
