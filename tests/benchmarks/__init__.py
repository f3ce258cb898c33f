"""`make bench`: what the console does in a second, beside references measured in the same run.

Each `bench_<subject>.py` has `NAMES`, the names of the figures it can give, and `measure()`, which yields them. Django
is set up, the database migrated, both servers fresh and durable (fsync on) when it is called.
"""
