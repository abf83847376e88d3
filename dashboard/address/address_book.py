"""Every page's choices, declared once: what its address says beside the scene, view by view."""

from __future__ import annotations

from dashboard.address.address_forms import climbing, training
from dashboard.address.choices import (
    DIGIT,
    FLAG,
    NETWORK,
    NETWORKS,
    NUMBER,
    PLACE,
    PLAIN,
    TEXT,
    TILE,
    WHOLE,
    WORD,
    WORDS,
    Choice,
    Page,
    number,
    one_of,
    whole,
)

MAPS = Choice("network", "maps network", NETWORK)
MAP = Choice("map", "maps chosen", TILE)
LESSON = Choice("network", "lesson network", NETWORK)
CUTS = Choice("cuts", "variant", WORD)
GROWS = Choice("hole", "growing", WORD)
SHORTCUT = (
    Choice("network", "shortcut network", NETWORK),
    Choice("seen", "shortcut seen", WHOLE),
    Choice("after", "shortcut stages", WORDS, always=True),
    Choice("share", "shortcut share", NUMBER),
    Choice("cost", "shortcut loss", NUMBER),
)

PAGES = {
    "start": PLAIN,
    "lessons": PLAIN,
    "quiz": Page(scene=False, own=True),
    "compare": Page(),
    "pmnist": Page(
        {
            "The cuts": (CUTS,),
            "Watch it go": (GROWS,),
            "The table": (CUTS, Choice("digits", "live count", WHOLE)),
            "How much is missing": (GROWS, Choice("digits", "curve count", WHOLE)),
            "Who mixes up what": (
                Choice("network", "confused", NETWORK),
                Choice("beside", "rival", NETWORK),
                Choice("on", "column", WORD),
                Choice("digits", "confusion count", WHOLE),
            ),
            "Download": (CUTS,),
        },
        "pmnist view",
    ),
    "missing_features": Page(
        {
            "The idea": (Choice("of", "missing of", DIGIT, always=True), Choice("class", "atlas class", DIGIT)),
            "Variants": (Choice("variants", "variants", NETWORKS),),
            "The algebra": (Choice("network", "affine", NETWORK),),
            "Freezing": (Choice("filters", "filters", WORD),),
            "Synergy": (Choice("omega", "omega", number(0, 3)), Choice("on", "omega column", WORD)),
        },
        "missing view",
    ),
    "feature_maps": Page(
        {
            "One digit": (MAPS, Choice("scale", "maps scale digit", WORD), MAP),
            "Two digits": (
                MAPS,
                Choice("two", "maps pair", WORD),
                Choice("other", "maps other", WHOLE),
                Choice("attack", "maps attack", WORD),
                Choice("epsilon", "maps epsilon", number(0, 0.4)),
                Choice("scale", "maps scale digits", WORD),
                MAP,
            ),
            "Two networks": (
                Choice("first", "maps first network", NETWORK),
                Choice("second", "maps second network", NETWORK),
                Choice("scale", "maps scale networks", WORD),
            ),
            "Filters": (MAPS, Choice("scale", "maps scale filters", WORD), Choice("filter", "maps filter", TILE)),
        },
        "maps view",
    ),
    "convolution": Page(
        {
            "One number": (
                Choice("of", "lesson source", WORD),
                LESSON,
                Choice("stage", "lesson stage", WORD, always=True),
                *(Choice(name, f"lesson {name}", WHOLE, always=True) for name in ("map", "row", "column")),
                Choice("place", "place/{lesson source}", PLACE),
            ),
            "Output size": (
                Choice("dimensions", "size dimensions", whole(1, 3)),
                *(
                    Choice(name, f"size {name}", WHOLE)
                    for name in ("size", "window", "padding", "stride", "dilation", "channels", "filters")
                ),
            ),
            "Filters by hand": (
                Choice("of", "filter subject", WORD),
                Choice("filter", "handmade", WORD),
                Choice("numbers", "own filter", TEXT),
            ),
            "Pooling": (
                Choice("of", "pool subject", WORD, always=True),
                LESSON,
                Choice("map", "pool map", WHOLE),
                Choice("kind", "pool kind", WORD),
                Choice("window", "pool window {pool subject}", WHOLE),
                Choice("stride", "pool stride {pool subject}", WHOLE),
            ),
            "1-D to 3-D": (Choice("filter", "dimensions filter", WORD),),
            "Neighbours": (),
            "Batch norm": (
                LESSON,
                Choice("batch", "norm batch", WHOLE),
                Choice("gamma", "norm gamma", number(-3, 3)),
                Choice("beta", "norm beta", number(-3, 3)),
                Choice("map", "norm map", WHOLE),
            ),
            "Dropout": (
                LESSON,
                Choice("place", "drop place", WORD, always=True),
                Choice("rate", "drop rate", number(0, 0.95)),
                Choice("seed", "drop seed", WHOLE),
            ),
            "Whole network": (Choice("drawn", "drawn network", WORD), LESSON),
        },
        "lesson view",
    ),
    "maximize": Page(
        {
            "Ten digits": (Choice("network", "class network", NETWORK), *climbing("classes", starts=True)),
            "Every map": (
                Choice("network", "map network", NETWORK, always=True),
                Choice("stage", "map stage {map network}", WORD, always=True),
                Choice("part", "map part", WORD),
                Choice("map", "closeup {map network} {map stage {map network}}", WHOLE),
                *climbing("maps"),
            ),
            "From a digit": (
                Choice("into", "digit target", WORD),
                Choice("network", "digit network", NETWORK),
                Choice("by", "digit networks", NETWORKS),
                *climbing("digit"),
            ),
            "Side by side": (Choice("by", "compared networks", NETWORKS), *climbing("compared")),
            "One neuron": (
                Choice("network", "neuron network", NETWORK, always=True),
                Choice("stage", "neuron stage {neuron network}", WORD, always=True),
                Choice("unit", "neuron {neuron network} {neuron stage {neuron network}}", WHOLE),
                Choice("row", "neuron {neuron network} {neuron stage {neuron network}} row", WHOLE),
                Choice("column", "neuron {neuron network} {neuron stage {neuron network}} column", WHOLE),
                Choice("part", "neuron part", WORD),
                Choice("excites", "neuron sign {neuron network}", WORD),
                Choice("class", "neuron class", WORD),
                *climbing("neuron", starts=True),
            ),
        },
        "maximize view",
    ),
    "why": Page(
        {
            "Where it looks": (Choice("class", "why class", DIGIT), Choice("one-scale", "why scale", FLAG)),
            "What its maps saw": (
                Choice("network", "why network", NETWORK),
                Choice("stage", "why stage", WORD, always=True),
            ),
            "A hole everywhere": (Choice("truth", "why truth", DIGIT), Choice("size", "why size", whole(3, 20))),
            "The smallest erasure": (),
        },
        "why view",
    ),
    "train": Page(
        {
            "Set up": training(),
            "Watch": (),
            "Result": (Choice("part", "train part", WORD),),
            "Compare": (Choice("show", "train kind", WORD), Choice("over", "train axis", WORD)),
            "Keep": (),
        },
        "train view",
        scene=False,
    ),
    "transfer": Page(
        {
            **{
                view: (
                    Choice("pictures", "transfer source", WORD),
                    Choice("tell", "transfer digit 3", DIGIT),
                    Choice("from", "transfer digit 5", DIGIT),
                    Choice("layers", "transfer layers", WORD),
                    Choice("network", "transfer network", NETWORK),
                    *more,
                )
                for view, more in {
                    "Two classes": (Choice("features", "transfer layer", WORD),),
                    "Which layer": (),
                    "Fine-tuning": (
                        Choice("epochs", "transfer epochs", whole(4, 40), always=True),
                        Choice("alone", "transfer first {transfer epochs}", whole(1, 39)),
                        Choice("rate", "transfer rate", NUMBER),
                    ),
                    "Filters and maps": (Choice("picture", "transfer picture", WORD),),
                    "VGG16": (),
                }.items()
            },
        },
        "transfer view",
        scene=False,
    ),
    "made_digits": Page(
        {
            "Make digits": (
                Choice("class", "made class", WORD),
                Choice("sheet", "made sheet", WHOLE),
                Choice("first", "made first", DIGIT),
                Choice("last", "made last", DIGIT),
                Choice("ends", "made ends", WHOLE),
                Choice("nearest", "made nearest", FLAG),
            ),
            "Real or made?": (),
            "Watch it learn": (
                Choice("digits", "made digits", WHOLE),
                Choice("epochs", "made epochs", whole(1, 12)),
                Choice("numbers", "made latent", WHOLE),
                Choice("labelled", "made labelled", FLAG),
                Choice("seed", "made seed", WHOLE),
            ),
            "Does it help?": (),
            "Where this leads": (),
        },
        "made view",
        scene=False,
    ),
    "attack": Page(
        {
            "One digit": (
                Choice("attack", "attack method", WORD),
                Choice("network", "attack network", NETWORK),
                Choice("target", "attack target", WORD),
                Choice("watched", "attack watched", NETWORKS),
                Choice("paper", "attack preset", WORD),
                Choice("limit", "attack norm", one_of("linf", "l2")),
                Choice("epsilon", "attack linf", number(0, 1)),
                Choice("length", "attack l2", number(0, 10)),
                Choice("steps", "attack steps", whole(1, 100)),
                Choice("stride", "attack stride", number(0, 10)),
                Choice("random", "attack random", FLAG),
                Choice("careless", "attack strength", number(0, 2)),
            ),
            "Noise for all": (
                Choice("network", "attack network", NETWORK),
                Choice("limit", "noise norm", WORD),
                Choice("epsilon", "noise linf", number(0, 1)),
                Choice("length", "noise l2", number(0, 15)),
                Choice("steps", "noise steps", whole(5, 100)),
                Choice("stride", "noise stride", number(0.01, 1)),
                Choice("digits", "noise digits", WORD),
                Choice("class", "noise class", DIGIT),
                Choice("curves", "noise curves", WORD),
            ),
            "Who falls": (Choice("noise", "falls noise", WORD), Choice("under", "falls source", WORD)),
            "Defence": (Choice("grows", "defence kind", WORD),),
        },
        "attack view",
    ),
    "similarity": Page(
        {
            "Your digit": SHORTCUT,
            "Threshold": (*SHORTCUT, Choice("time", "shortcut way", WORD)),
            "Recorded": (Choice("network", "shortcut recorded", NETWORK),),
            "Second network": (
                Choice("one", "second One digit", DIGIT),
                Choice("other", "second The other", DIGIT),
                Choice("pairs", "second pairs", WORD),
            ),
        },
        "similarity view",
    ),
    "results": Page(
        {
            view: (
                Choice("digits", "results data", WORD),
                Choice("network", "results network", WORD),
                Choice("cuts", "results variant", WORD),
            )
            for view in ("The idea", "Other activations", "All figures", "Beside the talk", "Sentence by sentence")
        },
        "results view",
        scene=False,
    ),
}
