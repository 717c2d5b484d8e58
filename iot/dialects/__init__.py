"""The languages that devices speak over MQTT, each without any I/O: messages in, changes out."""
