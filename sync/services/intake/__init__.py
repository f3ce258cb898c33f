"""From stored deliveries to contacts, orders, their story and what is owed. May import models, engine and s360."""
