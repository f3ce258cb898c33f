"""HubSpot's documented wire: dated and legacy paths, batch answers, errors. Reads and writes the shared store."""
