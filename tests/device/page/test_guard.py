"""Who is let in."""

from paige.device.page.guard import GUESS_SECONDS, MOST_GUESSES, Guard

RIGHT = {"Authorization": "Bearer correct-horse"}
WRONG = {"Authorization": "Bearer correct-cow"}


def status(guard: Guard, headers: dict[str, str], now: float, address: str = "10.0.0.1") -> int:
    denied = guard.token(headers, address, now)
    return 200 if denied is None else denied.status


def test_who_guesses_too_often_waits_and_nobody_else_does() -> None:
    guard = Guard((), "correct-horse")
    assert [status(guard, WRONG, now) for now in range(MOST_GUESSES)] == [401] * MOST_GUESSES
    assert status(guard, RIGHT, 10.0) == 429
    assert status(guard, RIGHT, 10.0, "10.0.0.2") == 200
    assert status(guard, RIGHT, GUESS_SECONDS + 0.1) == 200


def test_to_ask_without_a_token_is_no_guess() -> None:
    guard = Guard((), "correct-horse")
    for _ in range(MOST_GUESSES * 2):
        assert status(guard, {}, 0.0) == 401
    assert status(guard, RIGHT, 0.0) == 200


def test_the_token_is_all_of_it_and_not_more() -> None:
    guard = Guard((), "correct-horse")
    for given in (
        "correct-horse",
        "Bearer ",
        "Bearer correct-hors",
        "Bearer correct-horse2",
        "Bearer ü",
        "Basic x",
    ):
        assert status(guard, {"Authorization": given}, 0.0) == 401
    assert status(Guard((), None), {}, 0.0) == 200


def test_addresses_that_guess_are_not_remembered_for_ever() -> None:
    guard = Guard((), "correct-horse")
    for number in range(10_000):
        status(guard, WRONG, 0.0, f"10.0.{number // 256}.{number % 256}")
    assert len(guard._guesses) <= 256


def test_hosts_that_nobody_else_can_give_away_are_ours() -> None:
    guard = Guard(("pi", "Paige.fritz.box"), None)
    for host in (
        "localhost",
        "LOCALHOST:80",
        "127.0.0.1:1",
        "[::1]:10380",
        "192.168.1.7",
        "pi",
        "pi:80",
        "pi.local",
        "PI.local.:80",
        "paige.fritz.box:10380",
    ):
        assert guard.host({"Host": host}) is None, host
    for host in (
        "",
        "example.com",
        "pi.example.com",
        "local",
        "127.0.0.1.nip.io",
        "fritz.box",
        "a@127.0.0.1",
        "[::1",
        "127.0.0.1:x/",
        "1.2.3.4#.evil.example",
    ):
        assert guard.host({"Host": host}) is not None, host
    assert guard.host({}) is not None
