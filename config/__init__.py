"""How the console is put together: settings, processes, embedded servers, the way in over HTTP.

Nobody imports this package (settings come through `django.conf`); it may import every app. Importing the package
itself loads nothing, so that the launchers work before Django, or even the virtual environment, is there.
"""
