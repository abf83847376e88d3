"""What a network has learned, used for another task: two classes of pictures, of which there are only a few (X1 to X8).

Uploaded pictures become a task, a network's layers give features, and a logistic regression or the network learns it.
"""

from core.transfer.backbones import LAYERS as LAYERS
from core.transfer.backbones import MAPS as MAPS
from core.transfer.backbones import Backbone as Backbone
from core.transfer.backbones import FeatureStep as FeatureStep
from core.transfer.backbones import extract as extract
from core.transfer.backbones import features as features
from core.transfer.backbones import own_backbone as own_backbone
from core.transfer.backbones import pooled_maps as pooled_maps
from core.transfer.backbones import to_images as to_images
from core.transfer.backbones import vgg_backbone as vgg_backbone
from core.transfer.classification import Outcome as Outcome
from core.transfer.classification import classify as classify
from core.transfer.example_tasks import PHOTOGRAPHS as PHOTOGRAPHS
from core.transfer.example_tasks import crops as crops
from core.transfer.example_tasks import load_photograph as load_photograph
from core.transfer.example_tasks import two_digits as two_digits
from core.transfer.fine_tuning import ARMS as ARMS
from core.transfer.fine_tuning import TuneConfig as TuneConfig
from core.transfer.fine_tuning import TuneStep as TuneStep
from core.transfer.fine_tuning import fine_tune as fine_tune
from core.transfer.tasks import MOST_PICTURES as MOST_PICTURES
from core.transfer.tasks import Task as Task
from core.transfer.tasks import TaskError as TaskError
from core.transfer.tasks import make_task as make_task
from core.transfer.uploaded_pictures import Pile as Pile
from core.transfer.uploaded_pictures import read_pile as read_pile
from core.transfer.uploaded_pictures import to_square as to_square
from core.transfer.vgg16 import summarize as summarize
from core.transfer.vgg16_weights import VARIABLE as VARIABLE
from core.transfer.vgg16_weights import WeightsError as WeightsError
from core.transfer.vgg16_weights import download_weights as download_weights
from core.transfer.vgg16_weights import find_weights as find_weights
from core.transfer.vgg16_weights import load_vgg16 as load_vgg16
