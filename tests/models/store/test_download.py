"""Models come from real servers that cut off, lie, change, stall; what is added is the model or nothing."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.iot.conftest import Certificates
from tests.iot.conftest import certificates as certificates  # a fixture
from tests.models.store.conftest import everything, made
from tests.models.store.server import Served, serving
from tests.models.store.test_archive import zipped

from paige.models.errors import DownloadFailed, ModelUnusable, NoRoom
from paige.models.store import fetching, remote
from paige.models.store.fetching import Fetcher
from paige.models.store.listing import FileEntry
from paige.models.store.progress import Action, Progress, nobody
from paige.models.store.record import Record
from paige.models.store.remote import source_of
from paige.models.store.speech import is_speech
from paige.models.store.store import Store

LAYER = "/small/layer-001"


def folder(version: int = 1) -> dict[str, bytes]:
    return {f"/small/{file.name}": file.read_bytes() for file in made(version).iterdir()}


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving(Served(folder())) as one:
        yield one


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that were waited for, though nobody waited; a silent server is given up soon."""
    found: list[float] = []
    monkeypatch.setattr(remote, "Fetcher", lambda told: Fetcher(told, silence=0.3, sleep=found.append))
    return found


def add(store: Store, url: str, told: Callable[[Progress], None] = nobody) -> Record:
    return store.add(source_of(url, store.downloads, told))


def whole(store: Store) -> None:
    """The model of `folder` is there, and nothing is left of fetching it."""
    assert store.names() == ("small",)
    assert not [*store.verify("small")]
    assert store.unfinished() == ()
    store.open("small")


def test_a_folder_comes_with_what_its_manifest_lists_and_nothing_else_is_asked_for(
    served: Served, store: Store
) -> None:
    record = add(store, f"{served.url}/small/")
    whole(store)
    assert sorted(served.paths()) == sorted(served.files)
    assert record.versions[0].origin == f"{served.url}/small/"
    assert {headers["User-Agent"] for _, headers in served.asked} == {"paige"}


@pytest.mark.parametrize("end", ["", "/", "/manifest.json", "?key=secret", "/manifest.json?key=secret"])
def test_a_folder_may_be_written_in_several_ways(end: str, served: Served, store: Store) -> None:
    record = add(store, f"{served.url}/small{end}")
    whole(store)
    assert all(path.endswith("?key=secret") == ("secret" in end) for path in served.paths())
    assert "secret" not in record.to_json()


def test_of_another_version_only_what_is_new_is_fetched(served: Served, store: Store) -> None:
    add(store, f"{served.url}/small")
    served.files, served.asked = folder(2), []
    assert len(add(store, f"{served.url}/small").versions) == 2
    assert served.paths() == ["/small/manifest.json", LAYER]
    whole(store)


@pytest.mark.parametrize("around", ["", "small/"])
def test_a_zip_file_comes_and_is_taken_away_when_it_is_in(
    around: str, served: Served, store: Store, tmp_path: Path
) -> None:
    served.files = {"/x/small.zip": zipped(made(1), tmp_path / "z.zip", around).read_bytes()}
    add(store, f"{served.url}/x/small.zip?key=1")
    whole(store)
    assert not [*store.downloads.iterdir()]


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_what_is_cut_off_goes_on_where_it_was(
    kind: str, served: Served, store: Store, waits: list[float], tmp_path: Path
) -> None:
    if kind == "zip":
        served.files = {"/small.zip": zipped(made(1), tmp_path / "z.zip").read_bytes()}
    served.cut_after = [1000, 0, 2000]
    add(store, f"{served.url}/small{'.zip' if kind == 'zip' else ''}")
    whole(store)
    first, second, third, fourth, *_ = served.sent("Range")
    assert (first, second, third, fourth) == (None, "bytes=1000-", "bytes=1000-", "bytes=3000-")
    assert None not in served.sent("If-Range")[1:4]
    assert waits == [1, 2, 1]


def test_a_server_that_always_cuts_off_is_given_up_and_gone_on_with_by_the_next_command(
    served: Served, store: Store, waits: list[float]
) -> None:
    order = [path for path in folder() if path != "/small/manifest.json"]
    served.cut_after = [None, None, None, 700, *[0] * 20]
    with pytest.raises(
        DownloadFailed, match=r"ended .*; 700 bytes of it are kept, and the same command goes on"
    ):
        add(store, f"{served.url}/small")
    assert waits == [1, 2, 4, 8, 16]
    assert store.names() == ()
    (left,) = store.unfinished()
    assert left.origin == f"{served.url}/small"
    assert 700 < left.done < left.total == sum(len(served.files[path]) for path in order)
    served.cut_after, served.asked = [], []
    add(Store(store.folder), f"{served.url}/small")
    whole(store)
    assert len(served.asked) == 1 + len(order) - 3
    assert served.sent("Range")[0] == "bytes=700-"


def test_a_download_is_given_up_for_good_when_its_user_says_so(
    served: Served, store: Store, waits: list[float]
) -> None:
    served.cut_after = [700, *[0] * 20]
    with pytest.raises(DownloadFailed):
        add(store, f"{served.url}/small")
    store.remove_unfinished()
    assert store.unfinished() == ()
    assert everything(store) == set()


def test_a_file_that_a_power_cut_left_empty_is_fetched_again(served: Served, store: Store) -> None:
    """Its name may be on a card, and its bytes not."""
    folder_of_it = store.downloads / FileEntry.of_bytes(f"{served.url}/small".encode()).sha256[:16]
    folder_of_it.mkdir(parents=True)
    layer = FileEntry.of(made(1) / "layer-001")
    (folder_of_it / layer.sha256).touch()
    add(store, f"{served.url}/small")
    whole(store)
    assert served.paths().count(LAYER) == 1


def test_a_zip_file_that_is_cut_off_is_fetched_again_by_the_next_command(
    served: Served, store: Store, tmp_path: Path
) -> None:
    data = zipped(made(1), tmp_path / "z.zip").read_bytes()
    served.files = {"/small.zip": data}
    for cut_off in (b"", data[:1000]):
        there = store.downloads / FileEntry.of_bytes(f"{served.url}/small.zip".encode()).sha256[:16]
        there.mkdir(parents=True)
        (there / "model.zip").write_bytes(cut_off)
        with pytest.raises(ModelUnusable, match="no zip file"):
            is_speech(
                source_of(f"{served.url}/small.zip", store.downloads, nobody)
            )  # asked before it is added
        add(store, f"{served.url}/small.zip")
        whole(store)
        store.remove("small")


@pytest.mark.parametrize("validated", [True, False])
def test_a_server_that_knows_no_ranges_begins_anew(
    validated: bool, served: Served, store: Store, waits: list[float]
) -> None:
    served.ranges, served.cut_after = False, [1000]
    if not validated:
        served.etag = lambda _: None
    add(store, f"{served.url}/small")
    whole(store)


@pytest.mark.parametrize("tag", ['W/"1"', None])
def test_without_a_strong_tag_the_date_vouches_for_the_rest_and_without_either_it_begins_anew(
    tag: str | None, served: Served, store: Store, waits: list[float], tmp_path: Path
) -> None:
    served.files = {"/small.zip": zipped(made(1), tmp_path / "z.zip").read_bytes()}
    served.etag = lambda _: tag
    served.cut_after, served.modified = [1000, 2000], "Mon, 23 Nov 2026 00:00:00 GMT"
    add(store, f"{served.url}/small.zip")
    assert served.sent("If-Range") == [None, served.modified, served.modified]
    store.remove("small")
    served.asked, served.cut_after, served.modified = [], [1000, 2000], None
    add(store, f"{served.url}/small.zip")
    assert served.sent("Range") == [None, None, None]
    whole(store)


def test_a_file_that_changes_in_between_is_begun_anew(
    served: Served, store: Store, waits: list[float], tmp_path: Path
) -> None:
    old, new = (zipped(made(version), tmp_path / f"{version}.zip").read_bytes() for version in (2, 1))
    served.files, served.cut_after = {"/small.zip": old}, [1000]
    served.changed = lambda served, count: served.files.update({"/small.zip": new}) if count == 2 else None
    add(store, f"{served.url}/small.zip")
    whole(store)
    assert served.sent("Range") == [None, "bytes=1000-"]


def test_a_folder_that_changes_in_between_is_not_mixed(
    served: Served, store: Store, waits: list[float]
) -> None:
    """The layer of another version has the same length: its hash tells."""
    served.changed = lambda served, count: served.files.update(folder(2)) if count == 2 else None
    with pytest.raises(ModelUnusable, match="/small/layer-001: it is damaged: its hash is"):
        add(store, f"{served.url}/small")
    assert store.names() == ()
    served.asked = []
    add(store, f"{served.url}/small")  # now all of it is of the other version
    whole(store)
    assert served.paths() == ["/small/manifest.json", LAYER, *served.paths()[2:]]


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_corrupt_bytes_are_named_and_fetched_again(
    kind: str, served: Served, store: Store, tmp_path: Path
) -> None:
    if kind == "zip":
        served.files = {"/small.zip": zipped(made(1), tmp_path / "z.zip").read_bytes()}
    served.spoil = lambda path, data: (
        data[:9000] + b"\xff\x00" * 8 + data[9016:] if path in (LAYER, "/small.zip") else data
    )
    url = f"{served.url}/small{'.zip' if kind == 'zip' else ''}"
    with pytest.raises(ModelUnusable, match="small"):
        add(store, url)
    assert store.names() == ()
    served.spoil = lambda path, data: data
    add(store, url)
    whole(store)


@pytest.mark.parametrize(
    ("lie", "why"),
    [
        (lambda size: size - 1, "the server says that it has"),
        (lambda size: size + 1, "the server says that it"),
    ],
)
def test_a_length_that_is_not_the_manifests_is_refused(
    lie: Callable[[int], int], why: str, served: Served, store: Store, waits: list[float]
) -> None:
    served.length = lambda size: lie(size) if size == len(served.files[LAYER]) else size
    with pytest.raises(DownloadFailed, match=why):
        add(store, f"{served.url}/small")
    assert store.names() == ()


@pytest.mark.parametrize("change", [-100, 100])
def test_a_zip_file_of_a_length_that_is_a_lie_is_refused(
    change: int, served: Served, store: Store, waits: list[float], tmp_path: Path
) -> None:
    served.files = {"/small.zip": zipped(made(1), tmp_path / "z.zip").read_bytes()}
    served.length, served.ranges = lambda size: size + change, False
    with pytest.raises(
        (ModelUnusable, DownloadFailed), match=r"small\.zip: (this is no zip|the connection ended)"
    ):
        add(store, f"{served.url}/small.zip")
    assert store.names() == ()


def test_without_any_length_a_model_comes(served: Served, store: Store) -> None:
    served.length = lambda size: None
    add(store, f"{served.url}/small")
    whole(store)


def test_a_file_without_an_end_is_given_up(served: Served, store: Store) -> None:
    served.length = lambda size: None
    served.spoil = lambda path, data: data + bytes(10_000_000) if path == LAYER else data
    with pytest.raises(DownloadFailed, match="layer-001: it has more than 32,768 bytes"):
        add(store, f"{served.url}/small")


def test_a_manifest_without_an_end_is_given_up(served: Served, store: Store) -> None:
    served.length = lambda size: None
    served.files["/small/manifest.json"] = b" " * 50_000_000
    with pytest.raises(DownloadFailed, match=r"manifest\.json: it has more than 4,194,304 bytes"):
        add(store, f"{served.url}/small")
    assert everything(store) <= {
        f"downloads/{path.parent.name}/origin" for path in store.downloads.rglob("*")
    }


def test_a_silent_server_is_not_waited_for_without_end(
    served: Served, store: Store, waits: list[float]
) -> None:
    served.stall_after = [1000, 500]
    told: list[Progress] = []
    add(store, f"{served.url}/small", told.append)
    whole(store)
    assert waits == [1, 1]
    (first, second) = [one.subject for one in told if one.action is Action.RETRY]
    assert "after 1,000 bytes the server is silent" in first
    assert "after 1,500 bytes the server is silent" in second


def test_a_part_that_was_not_asked_for_is_not_taken(served: Served, store: Store, waits: list[float]) -> None:
    served.cut_after, served.offset = [1000], 5
    add(store, f"{served.url}/small")
    whole(store)


@pytest.mark.parametrize("status", [503, 429, 500])
def test_a_server_that_is_busy_is_asked_again_when_it_says(
    status: int, served: Served, store: Store, waits: list[float]
) -> None:
    served.answers = {
        LAYER: [(status, {"Retry-After": "7"}), (status, {"Retry-After": "9000"}), (status, {})]
    }
    add(store, f"{served.url}/small")
    whole(store)
    assert waits == [7, 30, 4]


@pytest.mark.parametrize("status", [404, 403, 401])
def test_what_is_not_there_is_told_at_once(
    status: int, served: Served, store: Store, waits: list[float]
) -> None:
    served.answers = {LAYER: [(status, {})]}
    with pytest.raises(DownloadFailed, match=f"/small/layer-001: the server answers {status} "):
        add(store, f"{served.url}/small?key=secret")
    assert waits == []


def test_a_redirect_is_followed_and_many_are_not(served: Served, store: Store, waits: list[float]) -> None:
    served.answers = {LAYER: [(302, {"Location": "/elsewhere"})]}
    served.files["/elsewhere"] = served.files[LAYER]
    add(store, f"{served.url}/small")
    whole(store)
    store.remove("small")
    served.answers = {LAYER: [(302, {"Location": f"{LAYER}?{number}"}) for number in range(20)]}
    with pytest.raises(DownloadFailed, match="the server answers 302"):
        add(store, f"{served.url}/small")
    assert served.paths()[-7].startswith("/small/")


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x/"])
def test_a_redirect_to_something_else_is_not_followed(
    to: str, served: Served, store: Store, waits: list[float]
) -> None:
    served.answers = {LAYER: [(302, {"Location": to})]}
    with pytest.raises(DownloadFailed, match=r"which is not followed|the server answers 302"):
        add(store, f"{served.url}/small")


@pytest.fixture
def safe(served: Served, certificates: Certificates) -> Iterator[Served]:
    """The same files over TLS."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.server, certificates.server_key)
    with serving(Served(served.files), tls) as one:
        yield one


def test_over_tls_a_model_comes_from_a_server_that_somebody_vouches_for(
    safe: Served, certificates: Certificates, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DownloadFailed, match=r"small/manifest\.json: nobody vouches for this server: "):
        add(store, f"{safe.url}/small")
    assert safe.asked == []
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))
    add(store, f"{safe.url}/small")
    whole(store)


def test_nothing_leads_from_https_to_http(
    safe: Served, served: Served, certificates: Certificates, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))
    safe.answers = {LAYER: [(302, {"Location": f"{served.url}{LAYER}?key=secret"})]}
    with pytest.raises(DownloadFailed, match="it leads on from https to http") as caught:
        add(store, f"{safe.url}/small?key=secret")
    assert "secret" not in str(caught.value)
    assert served.asked == []


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://files.example/x.zip", "addresses begin with https:// or http://"),
        ("file:///etc/passwd", "addresses begin with https:// or http://"),
        ("https:///x.zip", "addresses begin with https:// or http://, and name a server"),
        ("https://me:secret@files.example/x.zip", "an address with a password in it is not taken"),
    ],
)
def test_other_addresses_are_refused(url: str, why: str, store: Store) -> None:
    with pytest.raises(DownloadFailed, match=why) as caught:
        add(store, url)
    assert "secret" not in str(caught.value)


def test_nobody_there_is_told(store: Store, waits: list[float]) -> None:
    with pytest.raises(DownloadFailed, match=r"127\.0\.0\.1:1/small/manifest\.json: Connection refused"):
        add(store, "http://127.0.0.1:1/small")
    assert len(waits) == 5


def test_what_a_server_says_is_too_large_is_not_begun(
    served: Served, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    served.files = {"/small.zip": zipped(made(1), tmp_path / "z.zip").read_bytes()}
    monkeypatch.setattr(fetching, "free", lambda _: 1000)
    with pytest.raises(NoRoom, match=r"[\d,]+ bytes are to be fetched to .*, where 1,000 are free"):
        add(store, f"{served.url}/small.zip")


def test_a_server_that_does_not_say_how_long_a_file_is_cannot_fill_the_disk(
    served: Served, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    served.files = {"/small.zip": zipped(made(1), tmp_path / "z.zip").read_bytes()}
    served.length = lambda _: None
    monkeypatch.setattr(fetching, "free", lambda _: 64 << 20)
    with pytest.raises(NoRoom, match=r"does not say how long it is, and there is hardly room in .* after \d"):
        add(store, f"{served.url}/small.zip")
    assert not [*store.folder.rglob("*.part")], "what came of it is gone"


def test_bytes_are_told_as_they_come(served: Served, store: Store) -> None:
    told: list[Progress] = []
    store = Store(store.folder, told.append)
    add(store, f"{served.url}/small", told.append)
    downloads = [one for one in told if one.action is Action.DOWNLOAD]
    total = sum(map(len, served.files.values()))
    assert {one.total for one in downloads} == {total}
    assert [one.done for one in downloads] == sorted(one.done for one in downloads)
    assert downloads[-1].done == total
