"""The only code that knows S-360's wire: its field names, codes, formats and root shapes.

It is pure (no ORM, no clock) on the receiving side, and it may import the standard library and ``sync.engine``.
"""
