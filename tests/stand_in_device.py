"""A device that any machine has: its tensors are the CPU's, but say that they are on "far".

As on a GPU, an operation that meets a tensor on "far" and one left on the CPU is an error. Results are the CPU's, bit
by bit. It uses parts of PyTorch that are private and marked experimental, so it is for tests only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_leaves, tree_map_only, tree_unflatten
from torch.utils.backend_registration import _DummyBackendModule, _setup_privateuseone_for_python_backend

from core.system.device import DEVICES
from core.training.config import CHOICES

NAME = "far"
COPIES = {torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default}  # from one device to the other
INDEXING = {torch.ops.aten.index.Tensor, torch.ops.aten.index_put_.default, torch.ops.aten.index_put.default}


class FarTensor(Tensor):
    """A CPU tensor that says it is on the device "far"."""

    inner: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> "FarTensor":
        far = Tensor._make_wrapper_subclass(
            cls, inner.shape, inner.stride(), inner.storage_offset(), dtype=inner.dtype, device=f"{NAME}:0"
        )
        far.inner = inner
        return far

    def tolist(self) -> Any:
        """Return the values as a list; PyTorch does not support it for subclasses."""
        return self.inner.tolist()

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


class _Mode(TorchDispatchMode):
    """Also sees operations without a far tensor: those that create one, or move one there."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Compute on the CPU; the result is far if an argument is, or if the device is requested."""
    given, form = tree_flatten((args, {**kwargs, "device": torch.device("cpu")} if "device" in kwargs else kwargs))
    met, device = any(isinstance(one, FarTensor) for one in given), kwargs.get("device")
    far = met if device is None else torch.device(device).type == NAME
    if met:
        _check(func, [one for one in given if isinstance(one, Tensor)], args)
    if far and kwargs.get("generator") is not None:
        raise RuntimeError(f"{func}: a generator of the CPU draws on {NAME}")
    inside = [one.inner if isinstance(one, FarTensor) else one for one in given]
    inner_args, inner_kwargs = tree_unflatten(inside, form)
    result = func(*inner_args, **inner_kwargs)
    if func._schema.name.endswith("_") or "out" in kwargs:  # in place: the argument itself
        return kwargs.get("out", args[0]) if result is not None else None
    if func is torch.ops.aten._to_copy.default and result is inner_args[0]:
        result = result.clone()
    return tree_map_only(Tensor, FarTensor, result) if far else result


def _check(func: Any, given: list[Tensor], args: Any) -> None:
    """Raise RuntimeError where a far tensor meets one that was left on the CPU and has dimensions."""
    if func in COPIES:
        return
    allowed = tree_leaves(args[1]) if func in INDEXING and isinstance(args[0], FarTensor) else []
    left = [one for one in given if not isinstance(one, FarTensor) and one.ndim and not any(one is a for a in allowed)]
    if left:
        raise RuntimeError(f"{func}: a tensor of shape {tuple(left[0].shape)} was left on the CPU")


def _empty_strided(size: Any, stride: Any, dtype: Any = None, **options: Any) -> Tensor:
    return FarTensor(torch.empty_strided(size, stride, dtype=dtype))


def _copy_from(source: Tensor, target: Tensor, non_blocking: bool = False) -> Tensor:
    inner_source, inner_target = tree_map_only(FarTensor, lambda one: one.inner, (source, target))
    inner_target.copy_(inner_source)
    return target


@cache
def _register() -> torch.library.Library:
    """Tell PyTorch of the device, and how it makes a tensor there of numbers or lists; once in a process."""
    _setup_privateuseone_for_python_backend(NAME, backend_module=_Module())
    library = torch.library.Library("aten", "IMPL")
    library.impl("empty_strided", _empty_strided, "PrivateUse1")
    library.impl("_copy_from", _copy_from, "PrivateUse1")
    return library


class _Module(_DummyBackendModule):
    """The module `torch.far`: its random numbers are those of the CPU."""

    get_rng_state, set_rng_state = staticmethod(torch.get_rng_state), staticmethod(torch.set_rng_state)

    @staticmethod
    def get_amp_supported_dtype() -> list[torch.dtype]:
        return [torch.bfloat16]


class _Generator(torch.Generator):
    """A random generator; one for the device is the CPU's."""

    def __new__(cls, device: torch.device | str = "cpu") -> torch.Generator:
        return super().__new__(cls, "cpu" if torch.device(device).type == NAME else device)


@contextmanager
def stand_in_device() -> Iterator[str]:
    """Make the device usable inside, for training too; yield its name."""
    _register()
    with (
        _Mode(),
        patch.dict(CHOICES, device=(*DEVICES, NAME)),
        patch("core.training.running.find_device", torch.device),
        patch("core.training.many_seeds.find_device", torch.device),
        patch("torch.Generator", _Generator),
    ):
        yield NAME
