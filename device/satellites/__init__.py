"""Other ears, mouths and hubs: Wyoming in both directions, and Hermes over MQTT."""
