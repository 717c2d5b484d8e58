"""The section `mqtt` of the configuration, as the link wants it."""

from paige.device.config.schema import Config, Mqtt
from paige.iot.link_options import LinkOptions, TlsOptions
from paige.iot.presence import Topics


def link_options(mqtt: Mqtt, client_id: str | None = None) -> LinkOptions:
    """How to reach the broker of the configuration.

    Args:
        mqtt: The section `mqtt`.
        client_id: How the broker shall know us; None for a random name. The service's own stays with the
            service: a second client of that name would end the first one's connection.
    """
    tls = mqtt.tls
    return LinkOptions(
        host=mqtt.host,
        port=mqtt.effective_port,
        username=mqtt.username,
        password=mqtt.password.reveal() if mqtt.password is not None else None,
        client_id=client_id,
        tls=TlsOptions(tls.ca, tls.certificate, tls.private_key, tls.check_hostname) if tls.enabled else None,
    )


def own_topics(config: Config) -> Topics:
    """What we publish under, and where we are asked."""
    return Topics(config.mqtt.topic, config.house.id, config.mqtt.homeassistant.prefix)
