"""Whether newer versions can come, and how old is what came last."""

from datetime import UTC, date, datetime

from paige.device.config.load import Loaded
from paige.device.doctor.finding import Finding, ok, warning, wrong
from paige.device.errors import UpdateFailed
from paige.device.updates.age import OLD_DAYS, newest
from paige.device.updates.trust import TrustedKeys


def updates(loaded: Loaded) -> Finding:
    """What is trusted and asked for updates."""
    return updates_on(loaded, datetime.now(UTC).date())


def updates_on(loaded: Loaded, today: date) -> Finding:
    """The same on a day."""
    settings = loaded.config.updates
    try:
        keys = TrustedKeys.load(settings.keys).keys
    except UpdateFailed as error:
        return wrong(str(error), "put a public key of minisign's there, or take the file away")
    if not keys:
        if settings.url is None:
            return ok(
                "none are taken: no key is trusted (updates.keys), and no address is asked (updates.url)"
            )
        return warning(
            f"{settings.url} is asked, and no key is trusted, so none is taken",
            f"put the public key of whoever makes them into {settings.keys}, as NAME.pub",
        )
    whose = ", ".join(name for name, _ in keys)
    if settings.url is None:
        return ok(f"they come on a stick, signed by {whose}: no address is asked (updates.url)")
    one = newest(settings.folder)
    if one is None:
        return ok(f"{settings.url} is asked, and {whose} trusted; none that says its date is in use")
    age = f"{one.component} {one.version} of {one.dated} is the newest here, {one.days(today)} days old"
    if one.days(today) <= OLD_DAYS:
        return ok(age)
    return warning(
        f"{age}, and {settings.url} has shown nothing newer",
        "see where they are published whether there is something newer: somebody between may keep it back",
    )
