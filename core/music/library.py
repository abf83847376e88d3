"""The pieces as pictures, the network that learns their kinds, and which pieces its feature maps find similar."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from core.digits.datasets import Digits
from core.music.audio import MAX_SECONDS
from core.music.scores import FOLDER, Piece, load_pieces
from core.music.spectrograms import to_pictures
from core.music.synthesizer import render
from core.networks.architectures import ARCHITECTURES
from core.networks.classifier import Classifier, build
from core.similarity.lookup import Lookup, to_units
from core.similarity.reference_vectors import compute_vectors
from core.training.config import TrainConfig
from core.training.loop import train

PICTURES = FOLDER / "pictures.npz"
STAGE = "conv2"  # the last convolution: its maps' means and deviations are the vector of a picture
ARCHITECTURE = replace(ARCHITECTURES["small"], name="small, music")
TRAINING = TrainConfig(epochs=20, batch=32, optimizer="adam", learning_rate=0.003, schedule="one cycle")
LEARNED, VALIDATION, HELD_OUT = range(3)  # what a piece is for
SHARES = (5 / 8, 1 / 8, 1 / 4)  # of each kind, in this order
SEED = 0


@dataclass(frozen=True, eq=False)
class Music:
    """All pieces and their pictures. Shared: never write to them."""

    pieces: tuple[Piece, ...]
    pixels: Tensor
    """uint8 `(N, 28, 28)`: up to four pictures of each piece, seven seconds each."""
    owners: Tensor
    """`(N,)`: the piece of each picture."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of music, the classes of the network."""
        return tuple(dict.fromkeys(piece.kind for piece in self.pieces))

    @property
    def labels(self) -> Tensor:
        """Return the kind of each piece as an index `(pieces,)`."""
        return torch.tensor([self.kinds.index(piece.kind) for piece in self.pieces])

    def pictures_of(self, piece: int) -> Tensor:
        """Return the pictures of one piece, `(n, 1, 28, 28)` in [0, 1]."""
        return self.pixels[self.owners == piece][:, None].float() / 255

    def digits(self, pieces: Tensor) -> Digits:
        """Return the pictures of the pieces with these indices, and their kinds, as a network learns them."""
        chosen = torch.isin(self.owners, pieces)
        return Digits(self.pixels[chosen], self.labels[self.owners[chosen]])


def load_music() -> Music:
    """Return the shipped pieces with their pictures, which `write_pictures` made."""
    with np.load(PICTURES, allow_pickle=False) as stored:
        return Music(load_pieces(), torch.from_numpy(stored["pixels"]), torch.from_numpy(stored["owners"]).long())


def write_pictures() -> Iterator[float]:
    """Render all pieces and write their pictures, yielding the share that is done; takes a minute."""
    pixels, owners, pieces = [], [], load_pieces()
    for at, piece in enumerate(pieces):
        pixels.append(picture_bytes(piece))
        owners += [at] * len(pixels[-1])
        yield (at + 1) / len(pieces)
    np.savez_compressed(PICTURES, pixels=torch.cat(pixels).numpy(), owners=np.array(owners, np.int16))


def picture_bytes(piece: Piece) -> Tensor:
    """Return the pictures of a piece, uint8 `(n, 28, 28)`."""
    return (to_pictures(torch.from_numpy(render(piece, MAX_SECONDS)))[:, 0] * 255).round().byte()


def split_pieces(music: Music, seed: int) -> Tensor:
    """Return what each piece is for, `(pieces,)`: LEARNED, VALIDATION or HELD_OUT, drawn kind by kind.

    All pictures of a piece are in the same part: a network must not be tested on music it has learned from.
    """
    draw, uses = torch.Generator().manual_seed(seed), torch.full((len(music.pieces),), HELD_OUT)
    for label in range(len(music.kinds)):
        places = torch.nonzero(music.labels == label).flatten()
        places = places[torch.randperm(len(places), generator=draw)]
        first, second = round(SHARES[LEARNED] * len(places)), round((1 - SHARES[HELD_OUT]) * len(places))
        uses[places[:first]], uses[places[first:second]] = LEARNED, VALIDATION
    return uses


def train_network(music: Music, seed: int) -> tuple[Tensor, Classifier]:
    """Return the split of a seed, and a new network that has learned from its pieces that are LEARNED."""
    uses, network = split_pieces(music, seed), build(replace(ARCHITECTURE, classes=len(music.kinds)), seed=seed)
    learned, validation = (music.digits(torch.nonzero(uses == use).flatten()) for use in (LEARNED, VALIDATION))
    for _ in train(network, learned, validation, replace(TRAINING, seed=seed)):
        pass
    return uses, network


@dataclass(frozen=True, eq=False)
class Library:
    """A network that has learned the kinds, and the vectors of the pieces it has learned from."""

    music: Music
    uses: Tensor
    network: Classifier
    lookup: Lookup
    indices: tuple[int, ...]
    """The pieces of the look-up."""

    @property
    def held_out(self) -> tuple[int, ...]:
        """Return the pieces that the network has never learned from."""
        return tuple(torch.nonzero(self.uses == HELD_OUT).flatten().tolist())

    @torch.no_grad()
    def similar(self, pictures: Tensor, count: int) -> list[tuple[int, float]]:
        """Return the `count` learned pieces nearest to the pictures `(n, 1, 28, 28)` of one piece: index, distance."""
        vectors = compute_vectors(self.network, pictures, (STAGE,))[STAGE]
        found = self.lookup.neighbours(to_units(vectors).mean(0), count)
        return [
            (self.indices[index], distance)
            for index, distance in zip(found.indices.tolist(), found.distances.tolist(), strict=True)
        ]


def make_library(music: Music, *, seed: int = SEED) -> Library:
    """Return the library of one split and one trained network; takes some seconds."""
    uses, network = train_network(music, seed)
    vectors = maps_of_pieces(music, network)
    learned = torch.nonzero(uses == LEARNED).flatten()
    return Library(music, uses, network.requires_grad_(False), Lookup(vectors[learned]), tuple(learned.tolist()))


@torch.no_grad()
def maps_of_pieces(music: Music, network: Classifier) -> Tensor:
    """Return the vector of each piece, `(pieces, F)`: the mean of its pictures' vectors, each of length 1."""
    images = Digits(music.pixels, music.owners).images()
    return average_by_piece(compute_vectors(network, images, (STAGE,))[STAGE], music.owners)


def average_by_piece(vectors: Tensor, owners: Sequence[int] | Tensor) -> Tensor:
    """Return the mean of each piece's vectors of length 1: `(N, F)` to `(pieces, F)`."""
    owners = torch.as_tensor(owners, device=vectors.device)
    sums = vectors.new_zeros(int(owners.max()) + 1, vectors.shape[1]).index_add_(0, owners, to_units(vectors))
    return sums / torch.bincount(owners)[:, None]
