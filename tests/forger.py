"""A stranger who sends what no page's widgets send: values of other types, of no option, far too large, or nothing."""

import asyncio
import json
import random
from typing import Any

from streamlit.proto.Common_pb2 import DoubleArray, SInt64Array, StringArray
from streamlit.proto.Components_pb2 import ArrowTable
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.uploader import Uploader

TEXTS = ("", "0", "null", "1e400", "NaN", "a" * 5000, "no option", "../../x", "[]", "{}", '{"selection": null}')
JSONS: tuple[Any, ...] = (
    None,
    [],
    1e400,
    "text",
    {"selection": None},
    {"selection": {"points": [{"customdata": [1e400, -1]}]}},
    {"selection": {"points": [{"customdata": [99, 99]}]}},
    {"sent": None},
    {"sent": {"board": "", "number": 1e400, "going": False, "cleared": 0, "content": ""}},
    {"sent": {"board": [], "number": 3, "going": None, "cleared": 1e400, "content": "eJw="}},
    {"sent": {"board": "", "number": 4, "going": False, "cleared": 0, "content": "AAAA"}},
    {"sent": {"board": "", "number": 1e300, "going": False, "cleared": 0, "content": ""}},
    {"sent": {"board": "", "number": 5, "going": False, "cleared": -1, "content": ""}},
    {"sent": {"board": "", "number": 6, "going": False, "cleared": 0, "undone": 1e300, "content": ""}},
    {"chosen": ["x", 1e400]},
    {"chosen": [None]},
    {"chosen": {"network": "no network", "changed": "conv1.0.off"}},
    {"chosen": {"network": "synergy", "changed": "conv1.99.off,.all.x"}},
    {"switched": "relu2.3.off,conv9.all.mean"},
    {"switched": {"number": 3, "changed": "relu2.3.off,conv9.all.mean"}},
    {"switched": {"number": 1e400, "changed": ["relu2.3.off"]}},
    {"missing": 1e400},
    {"missing": "x"},
    {"drawing": {"raw": None, "data": "data:image/png;base64,AAAA"}},
)


class Forger(Uploader):
    """One tab that knows the widgets on its page: `kinds` by id; `shown` are the exceptions, `texts` the texts."""

    def __init__(self, address: str, seed: int) -> None:
        super().__init__(address)
        self.kinds: dict[str, str] = {}
        self.shown: list[str] = []
        self.texts: list[str] = []
        self._chance = random.Random(seed)
        self._finished = asyncio.Event()

    async def forge(self, messages: int, at_once: int = 4) -> None:
        """Send random values for random widgets, a few messages at a time, and wait until the page has answered."""
        for number in range(messages):
            if number % at_once == 0:
                self._widgets.clear()
            for name in self._chance.sample(sorted(self.kinds), min(len(self.kinds), self._chance.randint(1, 6))):
                self._widgets[name] = self._forged(name)
            self._finished.clear()
            await self._rerun(page_script_hash=self._script)
            if number % at_once == at_once - 1:
                await asyncio.wait_for(self._finished.wait(), 120)

    async def send_number(self, key: str, number: int) -> None:
        """Set the field for whole numbers whose key ends like this, as the browser does; collect the page's texts."""
        (name,) = (name for name, kind in self.kinds.items() if kind == "number_input" and name.endswith(key))
        self._widgets[name] = WidgetState(id=name, int_value=number)
        self.texts.clear()
        self._finished.clear()
        await self._rerun(page_script_hash=self._script)
        await asyncio.wait_for(self._finished.wait(), 120)

    async def press(self, key: str) -> None:
        """Press the button of this key, and do not wait for what it does."""
        (name,) = (name for name in self.kinds if name.endswith(f"-{key}"))
        self._widgets[name] = WidgetState(id=name, trigger_value=True)
        await self._rerun(page_script_hash=self._script)
        del self._widgets[name]

    async def press_all(self) -> None:
        """Press every button of the page, one after the other."""
        for name in [name for name, kind in self.kinds.items() if kind == "button"]:
            self._widgets[name] = WidgetState(id=name, trigger_value=True)
            self._finished.clear()
            await self._rerun(page_script_hash=self._script)
            del self._widgets[name]
            await asyncio.wait_for(self._finished.wait(), 120)

    def _take(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "script_finished":
                self._finished.set()
            case "delta":
                self._remember(message.delta.new_element)
        super()._take(message)

    def _remember(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind == "markdown":
            self.texts.append(element.markdown.body)
        if kind == "exception":
            self.shown.append(
                f"{element.exception.type}: {element.exception.message} {list(element.exception.stack_trace)[-3:]}"
            )
        elif kind and (name := getattr(getattr(element, kind), "id", "")):
            self.kinds[name] = kind

    def _forged(self, name: str) -> WidgetState:
        number = self._chance.choice([0.0, -1.0, 3.5, 1e300, float("inf"), float("nan")])
        text = self._chance.choice(TEXTS)
        values: list[dict[str, Any]] = [
            {"bool_value": self._chance.random() < 0.5},
            {"double_value": number},
            {"int_value": self._chance.choice([0, -1, 2**62])},
            {"string_value": text},
            {"string_array_value": StringArray(data=self._chance.choices(TEXTS, k=self._chance.randint(0, 3)))},
            {"double_array_value": DoubleArray(data=[number] * self._chance.randint(0, 3))},
            {"int_array_value": SInt64Array(data=[self._chance.choice([-1, 0, 10**9])])},
            {"json_value": json.dumps(self._chance.choice(JSONS)).replace("Infinity", "1e400")},
            {"json_value": "{" * self._chance.choice([1, 100_000])},
            {"string_value": json.dumps(self._chance.choice(JSONS)).replace("Infinity", "1e400")},
            {"bytes_value": b"x"},
            {"arrow_value": ArrowTable()},
            {},
        ]
        return WidgetState(id=name, **self._chance.choice(values))
