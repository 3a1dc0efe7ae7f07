"""PyTorch's side of the engine's bench: {"rounds": n} on standard input, seconds and peak memory on standard output."""

import json
import sys
import time

# Standard output belongs to the answers, whatever a library prints.
answers, sys.stdout = sys.stdout, sys.stderr

import timm  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402


def simple_cnn(num_classes):
    """Fleuron's own small network, layer by layer as in electron/engine/models/simple-cnn.ts."""
    stages, channels = [], 3
    for width in (32, 64, 128, 256):
        stages += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
        stages += [nn.MaxPool2d(2)]
        channels = width
    return nn.Sequential(*stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, num_classes))


def resident(field):
    """Bytes of this process from Linux's own account; 0 elsewhere."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith(field))
    except OSError:
        return 0


def create(name, size, classes):
    if name == "simple_cnn":
        return simple_cnn(classes)
    options = {"img_size": size} if name.startswith("vit") else {}
    if name.startswith("inception"):
        options = {"aux_logits": False}
    return timm.create_model(name, pretrained=False, num_classes=classes, **options)


def main():
    job = json.loads(sys.argv[1])
    torch.set_num_threads(job["threads"])
    torch.manual_seed(0)
    before = resident("VmRSS")
    model = create(job["model"], job["size"], job["classes"])
    inputs = torch.randn(job["batch"], 3, job["size"], job["size"])
    labels = torch.arange(job["batch"]) % job["classes"]
    if job["layout"] == "channels_last":
        model = model.to(memory_format=torch.channels_last)
        inputs = inputs.contiguous(memory_format=torch.channels_last)

    if job["step"] == "train":
        model.train()
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, weight_decay=1e-4)
        measure = nn.CrossEntropyLoss()

        def step():
            optimizer.zero_grad()
            loss = measure(model(inputs), labels)
            loss.backward()
            optimizer.step()
            return loss.item()
    else:
        model.eval()

        def step():
            with torch.inference_mode():
                return model(inputs)

    for line in sys.stdin:
        rounds = json.loads(line)["rounds"]
        began = time.perf_counter()
        for _ in range(rounds):
            step()
        seconds = time.perf_counter() - began
        print(json.dumps({"seconds": seconds, "peak": resident("VmHWM") - before}), file=answers, flush=True)


main()
