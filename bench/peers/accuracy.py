"""Trains a model by a recipe given as JSON, in PyTorch with timm and torchvision; answers with its test accuracy."""

import json
import sys
import time

import timm
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

torch.set_num_threads(2)


class Photos(Dataset):
    def __init__(self, photos, transform):
        self.photos = photos
        self.transform = transform

    def __len__(self):
        return len(self.photos)

    def __getitem__(self, index):
        path, label = self.photos[index]
        return self.transform(Image.open(path).convert("RGB")), label


def simple_cnn(classes):
    """Fleuron's simple CNN: four stages of 3x3 convolution, batch norm, ReLU and max-pool."""
    layers, before = [], 3
    for width in (32, 64, 128, 256):
        layers += [
            nn.Conv2d(before, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]
        before = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, classes))


def create(recipe):
    if recipe["model"] == "simple_cnn":
        return simple_cnn(recipe["classes"])
    model = timm.create_model(
        recipe["model"], num_classes=recipe["classes"], drop_rate=recipe["dropout"], drop_path_rate=recipe["dropPath"]
    )
    if recipe["weights"]:
        own = model.state_dict()
        stored = load_file(recipe["weights"])
        model.load_state_dict({k: v for k, v in stored.items() if own[k].shape == v.shape}, strict=False)
    return model


def stage_of(name, blocks):
    """Place of a ViT's parameter from the photo to the classifier, as timm's layer decay has it."""
    if name.startswith("blocks."):
        return 1 + int(name.split(".")[1])
    return blocks + 1 if name.startswith(("head.", "norm.", "fc_norm.")) else 0


def groups(model, recipe):
    """Neither norms nor biases decay; with layer decay every stage has a rate of its own."""
    blocks = len(getattr(model, "blocks", ()))
    for name, parameter in model.named_parameters():
        decay = recipe["weightDecay"] if parameter.ndim > 1 else 0.0
        scale = 1.0
        if recipe["layerDecay"] != 1:
            scale = recipe["layerDecay"] ** (blocks + 1 - stage_of(name, blocks))
        yield {"params": [parameter], "weight_decay": decay, "scale": scale}


@torch.no_grad()
def measure(model, photos):
    model.eval()
    right, loss, count = 0, 0.0, 0
    for images, labels in photos:
        logits = model(images)
        right += (logits.argmax(1) == labels).sum().item()
        loss += cross_entropy(logits, labels, reduction="sum").item()
        count += len(labels)
    return right / count, loss / count


def train(recipe):
    torch.manual_seed(recipe["seed"])
    began = time.time()
    model = create(recipe)
    normalise = [transforms.ToTensor(), transforms.Normalize(recipe["mean"], recipe["std"])]
    size, bicubic = recipe["imageSize"], transforms.InterpolationMode.BICUBIC
    jitter = recipe["jitter"]
    augmented = transforms.Compose(
        [
            transforms.RandomResizedCrop(size, scale=(recipe["cropMin"], 1), interpolation=bicubic),
            transforms.RandomHorizontalFlip(recipe["flip"]),
            transforms.ColorJitter(jitter, jitter, jitter),
            *normalise,
        ]
    )
    plain = transforms.Compose(
        [transforms.Resize(recipe["resizeTo"], bicubic), transforms.CenterCrop(size), *normalise]
    )
    batches = DataLoader(
        Photos(recipe["train"], augmented), recipe["batchSize"], shuffle=True, drop_last=True, num_workers=2
    )
    validation = DataLoader(Photos(recipe["validation"], plain), 64)
    test = DataLoader(Photos(recipe["test"], plain), 64)
    optimizer = torch.optim.AdamW(groups(model, recipe), lr=1.0)
    rates = recipe["rates"]
    best, best_state, step = float("inf"), None, 0
    for epoch in range(recipe["epochs"]):
        model.train()
        for images, labels in batches:
            for group in optimizer.param_groups:
                group["lr"] = rates[min(step, len(rates) - 1)] * group["scale"]
            loss = cross_entropy(model(images), labels, label_smoothing=recipe["labelSmoothing"])
            optimizer.zero_grad()
            loss.backward()
            if recipe["clipNorm"]:
                nn.utils.clip_grad_norm_(model.parameters(), recipe["clipNorm"])
            optimizer.step()
            step += 1
        accuracy, validation_loss = measure(model, validation)
        print(f"  PyTorch, epoch {epoch + 1}: validation {accuracy:.3f}, {validation_loss:.3f}", file=sys.stderr)
        if validation_loss < best:
            best = validation_loss
            best_state = {k: v.clone() for k, v in model.state_dict().items()}
    model.load_state_dict(best_state)
    return {"accuracy": measure(model, test)[0], "seconds": time.time() - began}


for line in sys.stdin:
    print(json.dumps(train(json.loads(line))), flush=True)
