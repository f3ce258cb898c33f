class EmbeddedServerError(Exception):
    """An embedded server cannot be found or does not start; the text names the way out."""
