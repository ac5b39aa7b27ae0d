"""News for other systems: over MQTT and as a webhook, behind an outbox that outlives outages and kills."""
