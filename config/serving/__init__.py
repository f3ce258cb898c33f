"""The web server the console ships: waitress, made strict and impatient.

A whole request is in memory (or a temporary file) before a worker thread is taken, so slow senders cost a socket and
nothing else. docs/decisions/ has the measurements behind the choice.
"""
