"""Hermes over MQTT, as Rhasspy 2.5 and what was built for it speak it."""
