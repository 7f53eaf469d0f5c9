"""Conformance of `steek.governance.KeyVault`: what sealing, pseudonyms and erasure rely on, wherever keys are kept."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from steek.governance import KeyVault
from steek.kernel.errors import InputError

_KEY_BYTES = 32
OpenVault = Callable[[], KeyVault]


class KeyVaultConformance:
    """Subclass in a test module and give two fixtures; every test is inherited.

    `open_vault` is a function without arguments; each call opens a new handle on one and the same, at first empty,
    vault. The fixture closes the handles. `stored_bytes` is a function that gives all bytes that the vault keeps
    in files of its own, and `wrapped` one that gives those that a key is stored as, by its name.
    """

    def test_a_key_is_made_once_and_stays(self, open_vault: OpenVault) -> None:
        vault = open_vault()
        key = vault.key("subject:household:7")
        assert len(key) == _KEY_BYTES
        assert vault.key("subject:household:7") == key
        assert vault.find("subject:household:7") == key
        assert open_vault().key("subject:household:7") == key
        assert vault.key("subject:household:8") != key

    def test_looking_makes_nothing(self, open_vault: OpenVault) -> None:
        vault = open_vault()
        assert vault.find("a") is None
        assert vault.keys(["a", "b"], make=False) == {}
        assert vault.names() == []
        vault.key("a")
        assert vault.keys(["a", "b"], make=False) == {"a": vault.key("a")}
        assert vault.names() == ["a"]

    def test_many_keys_in_one_go(self, open_vault: OpenVault) -> None:
        vault = open_vault()
        first = vault.key("n:7")
        names = [f"n:{number}" for number in range(1500)]
        keys = vault.keys([*names, "n:7"])
        assert sorted(keys) == sorted(names)
        assert len(set(keys.values())) == len(names)
        assert keys["n:7"] == first
        assert open_vault().keys(names) == keys
        assert vault.keys([]) == {}

    def test_names_by_their_beginning(self, open_vault: OpenVault) -> None:
        vault = open_vault()
        vault.keys(["a:1", "ab:2", "a_:3", "a%:4", "b:5"])
        assert vault.names("a") == ["a%:4", "a:1", "a_:3", "ab:2"]
        assert vault.names("a_") == ["a_:3"]
        assert vault.names("c") == []

    def test_names_are_opaque_text(self, open_vault: OpenVault) -> None:
        vault = open_vault()
        names = ["a b", "ключ", "'; DROP TABLE keys; --", "x" * 190, "ü" * 95, "a\nb"]
        keys = vault.keys(names)
        assert [open_vault().find(name) for name in names] == [keys[name] for name in names]
        for name in ("", "x" * 191, "ü" * 96):
            try:
                vault.key(name)
            except InputError as error:
                assert "1 to 190 bytes" in error.message  # noqa: PT017 - no pytest in what is shipped
            else:
                message = f"a name of {len(name)} letters was taken"
                raise AssertionError(message)

    def test_a_shredded_key_is_gone_for_every_handle(self, open_vault: OpenVault) -> None:
        vault, other = open_vault(), open_vault()
        keys = vault.keys(["a", "b", "c"])
        assert other.find("a") == keys["a"]
        assert vault.shred(["a", "c", "never"]) == 2
        for handle in (vault, other, open_vault()):
            assert handle.find("a") is None
            assert handle.keys(["a", "b", "c"], make=False) == {"b": keys["b"]}
            assert handle.names() == ["b"]
        assert vault.shred(["a", "c"]) == 0
        assert vault.shred([]) == 0

    def test_after_shredding_the_name_gets_another_key(self, open_vault: OpenVault) -> None:
        vault, other = open_vault(), open_vault()
        before = vault.key("a")
        other.shred(["a"])
        after = vault.key("a")
        assert after != before
        assert other.key("a") == after

    def test_what_a_key_was_stored_as_is_in_no_file_once_it_is_shredded(
        self, open_vault: OpenVault, stored_bytes: Callable[[], bytes], wrapped: Callable[[str], bytes]
    ) -> None:
        vault = open_vault()
        names = [f"subject:{number}" for number in range(600)]
        keys = vault.keys(names)
        stored = {name: wrapped(name) for name in names}
        held = stored_bytes()
        assert all(each in held for each in stored.values())
        assert not any(key in held for key in keys.values())
        gone = names[::7]
        assert vault.shred(gone) == len(gone)
        held = stored_bytes()
        assert [name for name in gone if stored[name] in held] == []
        # Parts of it neither: half of a wrapped key would be no use, but should not be there.
        assert [name for name in gone if stored[name][16:40] in held] == []
        assert all(vault.find(name) == keys[name] for name in names if name not in set(gone))

    def test_putting_keys_back_keeps_those_that_are_there(self, open_vault: OpenVault) -> None:
        vault = open_vault()
        own = vault.key("a")
        other = bytes(range(32))
        assert vault.put({"a": other, "b": other}) == 1
        assert (vault.find("a"), vault.find("b")) == (own, other)
        assert vault.put({"a": other, "b": other}) == 0
        assert vault.put({}) == 0

    def test_racing_threads_get_the_same_keys(self, open_vault: OpenVault) -> None:
        names = [f"n:{number}" for number in range(40)]
        handles = [open_vault() for _ in range(3)]

        def ask(at: int) -> dict[str, bytes]:
            vault = handles[at % len(handles)]
            return {name: vault.key(name) for name in (names if at % 2 else reversed(names))}

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ask, range(8)))
        assert all(answer == answers[0] for answer in answers)
        assert handles[0].names() == sorted(names)

    def test_nothing_printed_tells_a_key(self, open_vault: OpenVault) -> None:
        vault: Any = open_vault()
        key = vault.key("a")
        told = f"{vault!r} {vault} {vars(vault)}"
        assert not any(text in told for text in (repr(key)[2:-1], key.hex()))

    def test_closing_twice_is_fine(self, open_vault: OpenVault) -> None:
        vault = open_vault()
        vault.key("a")
        vault.close()
        vault.close()
