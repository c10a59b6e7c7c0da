"""Identifiers of Dub's shapes, and the random names it gives to people without one."""

import random

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_NANO = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_MOODS = str.split(
    "Amber Brisk Calm Dapper Eager Faded Gentle Humble Ivory Jolly Keen Lunar Mellow Nimble "
    "Opal Plucky Quiet Rustic Sandy Tidy Upbeat Velvet Wistful Young Zesty"
)
_TINTS = str.split("Azure Bronze Cobalt Denim Ebony Fern Ginger Hazel Indigo Jade Lilac Maroon")
_ANIMALS = str.split(
    "Alpaca Bison Crane Dormouse Egret Finch Gecko Heron Ibex Jackdaw Kestrel Lemur Marten Newt "
    "Ocelot Puffin Quail Raven Stoat Tapir Vole Wombat Yak Zebra"
)


def new_id(prefix: str, *, at: int, rng: random.Random | None = None) -> str:
    """`cus_` and the like plus 25 characters that sort by the millisecond `at` (trap Q4)."""
    stamp = "".join(_CROCKFORD[(at >> shift) & 31] for shift in range(40, -1, -5))
    return prefix + stamp + "".join((rng or _random).choices(_CROCKFORD, k=16))


def nano_id(length: int = 16, *, rng: random.Random | None = None) -> str:
    return "".join((rng or _random).choices(_NANO, k=length))


def random_name() -> str:
    """Another one at every call (trap Q9)."""
    return f"{_random.choice(_MOODS)} {_random.choice(_TINTS)} {_random.choice(_ANIMALS)}"


_random = random.Random()
