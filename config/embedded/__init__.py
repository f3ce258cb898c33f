"""PostgreSQL and Valkey as children of one process: for `make run`, `make test` and `make bench`.

Standard library only. Production sets DATABASE_URL and REDIS_URL and never comes here.
"""
