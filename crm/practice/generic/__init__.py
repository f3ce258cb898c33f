"""A plain JSON-over-HTTP CRM under /api/: hand-made envelopes, substring filters, settings for its many dialects."""
