"""The customers that every real workspace has, and that break things."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Awkward:
    """What sets one apart; `link` is good, none, disabled or foreign."""

    external_id: str
    name: str | None = None
    email: str | None = None
    id: str | None = None
    link: str = "good"
    lead: bool = True
    amounts: tuple[int, ...] = ()
    canceled: bool = False
    stripe: bool = False
    country: bool = True


AWKWARD = (
    Awkward(external_id="no-name", email="nameless@amberfield.example", amounts=(4900,)),
    Awkward(external_id="no-email", name="Ines Without Mail"),
    Awkward(external_id="no-name-no-email", country=False),
    Awkward(external_id="emoji", name="Zoë 🦊 Fuchs 🎉👩🏽‍🚀", email="zoe.fuchs@foxglove.example"),
    Awkward(external_id="arabic", name="ليلى حداد", email="layla@tidewater.example"),
    Awkward(external_id="hebrew", name="נועה לוי", email="noa@windmill.example", amounts=(1900,)),
    Awkward(external_id="japanese", name="山田 花子", email="hanako@skylarkio.example"),
    Awkward(external_id="long-name", name=("Wolfeschlegelsteinhausen " * 8)[:190]),
    Awkward(
        external_id="script",
        name="<script>alert('customer')</script>",
        email="script@castlegate.example",
    ),
    Awkward(external_id="acme/eu 42", name="Acme Europe", email="ap@acme-europe.example"),
    Awkward(external_id="100% köln?x=1&y#z", name="Jürgen Groß", email="juergen@koeln.example"),
    Awkward(
        external_id="beyond-2-53",
        name="Leviathan Holdings",
        email="treasury@leviathan.example",
        amounts=(2**53 - 1, 2),
    ),
    Awkward(
        external_id="canceled",
        name="Gone Fishing",
        email="gone@driftwood.example",
        amounts=(4900, 4900, 4900),
        canceled=True,
        stripe=True,
    ),
    Awkward(
        external_id="no-link", name="Direct Visitor", email="direct@oakridge.example", link="none"
    ),
    Awkward(
        external_id="disabled-link",
        name="Came By An Old Link",
        email="old@papermill.example",
        link="disabled",
    ),
    Awkward(
        external_id="foreign-link",
        name="Came By Another Workspace",
        email="other@saltmarsh.example",
        link="foreign",
    ),
    Awkward(
        external_id="no-lead", name="Clicked Only", email="clicked@sundial.example", lead=False
    ),
    Awkward(
        external_id="legacy-id",
        id="clx8f2k3v0001mm08legacy01",
        name="Legacy Account",
        email="legacy@stonebridge.example",
        amounts=(14900,),
    ),
    Awkward(
        external_id="hyphen",
        name="Jean-Luc O’Brien-Besson",
        email="jean-luc@moonfield.example",
        amounts=(4900,),
        stripe=True,
    ),
)
