"""The ledger's verbs: take what is due, commit the intent, settle, give back. Whoever pays a target (`crm`) calls
these.

Every statement is guarded by state, owner and attempt, and uses the database's clock; nobody else writes the outbox.
"""
