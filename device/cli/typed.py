"""What a person types in a terminal, while the program goes on."""

import asyncio
import contextlib
import threading
from typing import Final

from paige.device.cli.command import PROMPT_THREAD

_INTERRUPTIBLE_SECONDS: Final = 0.2


async def typed(prompt: str) -> str:
    """The next line, without blanks around it; empty where the input ends.

    A daemon thread waits for it: one of asyncio's own would keep a program that is interrupted at the prompt
    from ending before Enter is pressed.
    """
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str] = loop.create_future()

    def give(text: str, error: Exception | None) -> None:
        if line.done():
            return  # nobody waits for it any more
        if error is None:
            line.set_result(text)
        else:
            line.set_exception(error)

    def read() -> None:
        text, failed = "", None
        try:
            text = input(prompt).strip()
        except EOFError:
            pass
        except Exception as error:  # noqa: BLE001  # nobody joins this thread: whoever waits must hear of it
            failed = error
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(give, text, failed)

    threading.Thread(target=read, name=PROMPT_THREAD, daemon=True).start()
    while not line.done():
        # An interrupt that comes just before the loop goes to sleep wakes nobody: it is seen when it wakes.
        await asyncio.wait((line,), timeout=_INTERRUPTIBLE_SECONDS)
    return line.result()
