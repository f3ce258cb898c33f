"""Any CRM with JSON over HTTP, described by settings alone: paths, methods, dotted places in bodies; no expressions."""
