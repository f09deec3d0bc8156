"""Families of layouts: what each fixes, and what it leaves to chance."""

from dataclasses import dataclass, field

from . import heads, rare_heads

RULED = ("rules", "none", "zebra", "dotted")
FRAMED = ("grid", "box", "columns")


@dataclass(frozen=True)
class Template:
    name: str
    head: object
    metas: tuple
    frames: tuple
    """Of the table of items."""
    totals: tuple
    options: dict = field(default_factory=dict)
    """Fixed for this template; see `choices.py` for all."""
    countries: tuple = ()
    """Where it is used; empty: everywhere."""
    share: float = 1.0


def _(name, head, metas, frames, totals, countries=(), share=1.0, **options):
    return Template(name, head, metas, frames, totals, options, countries, share)


FRENCH = ("FR", "TN", "BE")
GERMAN = ("DE", "AT", "CH")
ENGLISH = ("GB", "IE", "US", "IN", "MY")

TEMPLATES = (
    _("classic", heads.classic, ("rows", "inline", "across", "running"), RULED, ("right_box", "right_labels"), share=2),
    _(
        "classic-framed",
        heads.classic,
        ("across", "rows"),
        FRAMED,
        ("right_box", "wide_table"),
        FRENCH + ("ES", "IT", "PT"),
        1.5,
        buyer_frame="box",
    ),
    _(
        "letter",
        heads.letter,
        ("rows", "justified", "inline"),
        ("rules", "none", "grid"),
        ("right_box", "in_table", "right_labels"),
        GERMAN + ("NL",),
        3,
        buyer_label="none",
    ),
    _(
        "letter-line",
        heads.letter,
        ("across", "running"),
        ("rules", "zebra", "none"),
        ("in_table", "right_labels"),
        GERMAN,
        2,
        buyer_label="none",
    ),
    _(
        "letter-foot",
        heads.letter,
        ("rows", "right"),
        ("none", "zebra"),
        ("right_box", "right_labels"),
        GERMAN,
        1.5,
        head_parts=(),
        foot="columns",
        buyer_label="none",
    ),
    _("opposite", heads.opposite, ("rows", "stacked", "inline"), RULED, ("right_box", "dotted"), share=2),
    _("opposite-cells", heads.opposite, ("cells", "across"), FRAMED, ("right_box", "wide_table")),
    _(
        "centred",
        heads.centred,
        ("rows", "inline", "right"),
        ("rules", "grid", "none"),
        ("right_labels", "right_box"),
        share=1.3,
    ),
    _("centred-across", heads.centred, ("across",), FRAMED, ("wide_table", "right_box"), share=1),
    _(
        "band",
        heads.band,
        ("across", "rows", "stacked"),
        ("zebra", "rules", "none"),
        ("right_box", "stacked"),
        share=1.5,
        seller_label=True,
    ),
    _("band-three", heads.band, ("rows", "stacked", "inline"), ("rules", "zebra"), ("right_box",), three_columns=True),
    _(
        "from-to",
        heads.from_to,
        ("rows", "across", "inline"),
        RULED,
        ("right_labels", "right_box"),
        ENGLISH + FRENCH + ("NL", "DE"),
        2,
        seller_label=True,
    ),
    _(
        "from-to-subscription",
        heads.from_to,
        ("rows", "inline"),
        ("none", "rules"),
        ("right_labels",),
        ENGLISH + ("DE", "FR"),
        1.5,
        heads_first=True,
        few_items=True,
    ),
    _(
        "boxes",
        heads.boxes,
        ("across", "cells", "running"),
        FRAMED + ("rules",),
        ("right_box", "wide_table"),
        share=1.5,
    ),
    _("buyer-first", rare_heads.buyer_first, ("running", "rows", "inline"), RULED, ("right_box", "left_list")),
    _("one-frame", rare_heads.one_frame, ("stacked",), FRAMED, ("right_box", "in_table")),
    _(
        "form",
        rare_heads.form,
        ("inline", "rows", "across"),
        FRAMED + ("none",),
        ("right_box", "left_list", "wide_table"),
        ("TN", "FR", "IN", "MY", "ES", "PT", "IT", "US"),
        1.5,
    ),
    _(
        "side-bar",
        rare_heads.side_bar,
        ("rows", "inline", "stacked"),
        ("rules", "none"),
        ("right_labels", "right_box"),
        few_columns=True,
        foot_parts={
            "name": 0.3,
            "address_line": 0.1,
            "phone": 0,
            "email": 0,
            "web": 0,
            "vat": 0.9,
            "registration": 0.9,
            "small": 0.5,
        },
    ),
    _(
        "minimal",
        rare_heads.minimal,
        ("stacked", "inline", "rows"),
        ("none", "rules"),
        ("right_labels", "stacked"),
        share=1.3,
    ),
    _(
        "statement",
        rare_heads.account_statement,
        ("justified",),
        ("none", "dotted", "rules"),
        ("dotted", "right_labels", "in_table"),
        share=1,
    ),
    _(
        "seller-below",
        rare_heads.seller_below,
        ("rows", "inline", "across"),
        RULED,
        ("right_box", "right_labels"),
        share=1.3,
        head_parts=(),
    ),
    _(
        "three-addresses",
        rare_heads.three_addresses,
        ("rows", "inline", "stacked"),
        ("rules", "grid", "zebra"),
        ("right_box",),
        share=1.3,
        deliver=True,
    ),
    _(
        "split-band",
        rare_heads.split_band,
        ("rows", "across", "running"),
        ("zebra", "grid"),
        ("right_box", "wide_table"),
    ),
    _(
        "typewriter",
        heads.classic,
        ("inline", "rows"),
        ("none",),
        ("left_list", "right_labels", "dotted"),
        share=0.7,
        family=("Courier", "DejaVuMono"),
        logo=False,
    ),
    _(
        "half-page",
        heads.classic,
        ("inline", "rows"),
        ("rules", "box"),
        ("right_box", "in_table"),
        share=0.7,
        paper="A5",
        few_items=True,
    ),
    _(
        "ledger",
        heads.boxes,
        ("across",),
        ("columns", "grid"),
        ("wide_table", "right_box"),
        share=1,
        many_items=True,
        carried=True,
    ),
    _(
        "long-list",
        heads.opposite,
        ("rows", "across"),
        ("rules", "zebra", "none"),
        ("in_table", "right_labels"),
        share=0.8,
        many_items=True,
    ),
    _(
        "craftsman",
        heads.centred,
        ("running", "inline"),
        ("none", "box"),
        ("left_list", "in_table", "dotted"),
        FRENCH + GERMAN + ("IT", "ES"),
        1,
        sections=True,
    ),
)
