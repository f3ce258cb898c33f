"""Decisions without side effects: what two views of a record mean, what to send, when to try again.

Imports the standard library and nothing else: no ORM, no network, no clock (every ``now`` is passed in).
"""
