"""What a visitor sees of the practice CRM beside the console: server-rendered, self-contained pages."""
