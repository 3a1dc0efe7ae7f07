"""A folder of photos through torchvision's transforms, a DataLoader and PyTorch: {"workers": n} on standard input, photos
per second on standard output. From the list of files to the last label; model and processes are there before."""

import json
import sys
import time

answers, sys.stdout = sys.stdout, sys.stderr

import timm  # noqa: E402
import torch  # noqa: E402
from PIL import Image  # noqa: E402
from torch.utils.data import DataLoader, Dataset  # noqa: E402
from torchvision import transforms  # noqa: E402


class Photos(Dataset):
    def __init__(self, paths, job):
        self.paths = paths
        self.transform = transforms.Compose(
            [
                transforms.Resize(job["resize"], interpolation=transforms.InterpolationMode.BICUBIC),
                transforms.CenterCrop(job["size"]),
                transforms.ToTensor(),
                transforms.Normalize(job["mean"], job["std"]),
            ]
        )

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return self.transform(Image.open(self.paths[index]).convert("RGB"))


def main():
    job = json.loads(sys.argv[1])
    torch.set_num_threads(job["threads"])
    model = timm.create_model(job["model"], pretrained=False, num_classes=job["classes"]).eval()
    channels_last = job["layout"] == "channels_last"
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
    paths = job["photos"]

    def classify(paths, workers):
        for images in DataLoader(Photos(paths, job), batch_size=job["batch"], num_workers=workers):
            if channels_last:
                images = images.contiguous(memory_format=torch.channels_last)
            with torch.inference_mode():
                model(images).softmax(1).argmax(1)

    classify(paths[:32], 0)
    for line in sys.stdin:
        workers = json.loads(line)["workers"]
        began = time.perf_counter()
        classify(paths, workers)
        seconds = time.perf_counter() - began
        print(json.dumps({"photosPerSecond": len(paths) / seconds}), file=answers, flush=True)


main()
