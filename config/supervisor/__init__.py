"""`make run`: every process of the console under one parent that starts anew what dies and leaves nothing behind.

Standard library only, and Django is never imported here: the parent stays small and starts at once. It knows the
other processes by their commands (`processes.py`) and by what they answer over HTTP.
"""
