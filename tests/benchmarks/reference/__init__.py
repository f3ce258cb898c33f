"""The plainest receiver one could write: one serializer and one `update_or_create` a record, in the request.

No journal, no outbox, no timeline, nothing remembered for a second try: it only stores. It is what the console's
figures are divided by, served by the same web server on the same database.
"""
