"""Conformance of `steek.features.OnlineStore`: what serving relies on, whichever store keeps the blobs."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from steek.features import OnlineStore

_AS_OF = datetime(2017, 10, 2, 6, tzinfo=UTC)


class OnlineStoreConformance:
    """Subclass in a test module and give a fixture named `open_store`; every test is inherited.

    `open_store` is a function without arguments; each call opens a new handle on one and the same, at first empty,
    content. The fixture closes the handles.
    """

    def test_what_was_put_comes_back_in_the_order_of_the_keys(self, open_store: Callable[[], OnlineStore]) -> None:
        store = open_store()
        store.put("household", _AS_OF, [("7", b"seven"), ('"BEEF"', b"\x00\xff"), ('9,"über"', b"")])
        assert store.get("household", ['9,"über"', "7", '"BEEF"', "7"]) == [b"", b"seven", b"\x00\xff", b"seven"]

    def test_missing_keys_and_views_are_none(self, open_store: Callable[[], OnlineStore]) -> None:
        store = open_store()
        store.put("household", _AS_OF, [("7", b"seven")])
        assert store.get("household", ["8", "7"]) == [None, b"seven"]
        assert store.get("product", ["7"]) == [None]
        assert store.get("household", []) == []
        assert store.as_of("product") is None

    def test_a_put_replaces_the_whole_view_and_no_other(self, open_store: Callable[[], OnlineStore]) -> None:
        store = open_store()
        store.put("household", _AS_OF, [("7", b"old"), ("8", b"old")])
        store.put("product", _AS_OF, [("7", b"other")])
        store.put("household", _AS_OF + timedelta(days=1), [("7", b"new"), ("9", b"new")])
        assert store.get("household", ["7", "8", "9"]) == [b"new", None, b"new"]
        assert store.as_of("household") == _AS_OF + timedelta(days=1)
        assert store.get("product", ["7"]) == [b"other"]
        assert store.as_of("product") == _AS_OF

    def test_keys_are_those_of_the_last_put(self, open_store: Callable[[], OnlineStore]) -> None:
        store = open_store()
        store.put("household", _AS_OF, [("7", b"old"), ("8", b"old")])
        store.put("household", _AS_OF, [("7", b"new"), ('9,"über"', b"new")])
        assert sorted(store.keys("household")) == ["7", '9,"über"']
        assert store.keys("product") == []

    def test_the_instant_comes_back_exactly_and_aware(self, open_store: Callable[[], OnlineStore]) -> None:
        store = open_store()
        instant = _AS_OF + timedelta(microseconds=123_457)
        store.put("household", instant, [])
        found = store.as_of("household")
        assert found is not None
        assert found == instant
        assert found.utcoffset() == timedelta()
        assert store.get("household", ["7"]) == [None]

    def test_repeating_a_put_changes_nothing(self, open_store: Callable[[], OnlineStore]) -> None:
        store = open_store()
        for _ in range(2):
            store.put("household", _AS_OF, [("7", b"seven"), ("8", b"eight")])
        assert store.get("household", ["7", "8"]) == [b"seven", b"eight"]
        assert store.as_of("household") == _AS_OF

    def test_a_key_given_twice_keeps_the_later_blob(self, open_store: Callable[[], OnlineStore]) -> None:
        store = open_store()
        store.put("household", _AS_OF, [("7", b"first"), ("7", b"second")])
        assert store.get("household", ["7"]) == [b"second"]

    def test_a_put_that_dies_half_way_leaves_the_old_content(self, open_store: Callable[[], OnlineStore]) -> None:
        store = open_store()
        store.put("household", _AS_OF, [("7", b"old"), ("8", b"old")])

        def dying() -> Iterator[tuple[str, bytes]]:
            for number in range(5000):
                yield str(number), b"new"
            message = "killed"
            raise KeyboardInterrupt(message)

        try:
            store.put("household", _AS_OF + timedelta(days=1), dying())
        except KeyboardInterrupt:
            pass
        else:
            message = "the interruption was swallowed"
            raise AssertionError(message)
        for handle in (store, open_store()):
            assert handle.get("household", ["7", "8", "9"]) == [b"old", b"old", None]
            assert handle.as_of("household") == _AS_OF
        store.put("household", _AS_OF, [("7", b"newer")])
        assert store.get("household", ["7", "8"]) == [b"newer", None]

    def test_other_handles_see_a_put_and_their_epoch_moves(self, open_store: Callable[[], OnlineStore]) -> None:
        writer, reader = open_store(), open_store()
        writer.put("household", _AS_OF, [("7", b"old")])
        before, own_before = reader.epoch(), writer.epoch()
        assert (reader.epoch(), writer.epoch()) == (before, own_before)
        writer.put("household", _AS_OF, [("7", b"new")])
        assert reader.epoch() != before
        assert writer.epoch() != own_before
        assert reader.get("household", ["7"]) == [b"new"]

    def test_many_large_blobs(self, open_store: Callable[[], OnlineStore]) -> None:
        store = open_store()
        store.put("household", _AS_OF, ((str(number), bytes([number % 256]) * 4000) for number in range(3000)))
        blobs = store.get("household", [str(number) for number in range(3000)])
        assert [blob[:1] for blob in blobs if blob is not None] == [bytes([number % 256]) for number in range(3000)]

    def test_closing_twice_is_fine(self, open_store: Callable[[], OnlineStore]) -> None:
        store = open_store()
        store.close()
        store.close()
