"""Paying what the CRM is owed: take, plan, map, commit the intent, send, settle. One batch at a time, one call each."""
