"""What one process remembers of Dub's answers: as long as it was said, and not without end."""

from __future__ import annotations

import time_machine

from customers.hints import OwnHints


def hints(**params: object) -> OwnHints:
    found = OwnHints("", {"OPTIONS": params})
    found.clear()
    return found


def test_a_hint_is_known_until_its_time_is_over() -> None:
    with time_machine.travel(0, tick=False) as clock:
        known = hints()
        known.set("a", "A", 60)
        known.set_many({"b": "B", "c": None}, None)
        clock.shift(59)
        assert (known.get("a"), known.get("b"), known.get("c", 1)) == ("A", "B", None)
        clock.shift(1)
        assert known.get("a", "nothing") == "nothing"
        clock.shift(10**9)
        assert known.get("b") == "B"


def test_the_oldest_make_room() -> None:
    known = hints(MAX_ENTRIES=3)
    known.set_many({"a": 1, "b": 2, "c": 3})
    known.set("a", 4)
    known.set("d", 5)
    assert [known.get(key) for key in "abcd"] == [4, None, 3, 5]


def test_what_is_asked_for_only_once() -> None:
    known = hints()
    assert known.get_or_set("a", lambda: 1) == 1
    assert known.get_or_set("a", lambda: 2) == 1
    assert known.add("a", 3) is False
    assert known.delete("a") is True
    assert known.delete("a") is False
    assert known.add("a", 3) is True


def test_all_threads_have_the_same() -> None:
    hints().set("a", 1)
    assert OwnHints("", {}).get("a") == 1
