"""Run the simulated house on a broker: `python -m paige.tools.simulated_home --host localhost`."""

import argparse
import asyncio
import sys

import aiomqtt

from paige.tools.simulated_home.home import ANSWER_SECONDS, SimulatedHome


def main() -> int:
    """Join the broker and answer until interrupted.

    Returns:
        The exit status: 0 after an interrupt, 1 where the broker cannot be reached or goes away.
    """
    parser = argparse.ArgumentParser(
        prog="python -m paige.tools.simulated_home",
        description="A house of simulated devices that speak four dialects of MQTT and answer commands.",
    )
    parser.add_argument("--host", default="localhost", help="where the broker is (default: %(default)s)")
    parser.add_argument("--port", type=int, default=1883, help="its port (default: %(default)s)")
    parser.add_argument(
        "--answer-seconds",
        type=float,
        default=ANSWER_SECONDS,
        help="how long a device takes to answer (default: %(default)s)",
    )
    options = parser.parse_args()
    try:
        asyncio.run(_run(options.host, options.port, options.answer_seconds))
    except KeyboardInterrupt:
        return 0
    except aiomqtt.MqttError as error:
        print(f"No broker at {options.host}:{options.port}: {error}. Is one running there?", file=sys.stderr)
        return 1
    return 0


async def _run(host: str, port: int, answer_seconds: float) -> None:
    async with SimulatedHome(answer_seconds=answer_seconds).joined(host, port) as home:
        print(f"{len(home.devices)} devices answer at {host}:{port}. Interrupt to stop.")
        await home.stay()


if __name__ == "__main__":
    sys.exit(main())
