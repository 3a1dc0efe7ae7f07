"""Decodes and augments photos as people do in PyTorch: torchvision's transforms on PIL in a DataLoader. One answer a question."""

import json
import sys
import time

from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as T

job = json.loads(sys.argv[1])
side = job["imageSize"]
crop = T.RandomResizedCrop(side, scale=(0.4, 1), interpolation=T.InterpolationMode.BICUBIC)
policies = {
    "standard": [crop, T.RandomHorizontalFlip(), T.ColorJitter(0.2, 0.2, 0.2), T.ToTensor()],
    "randaugment": [crop, T.RandomHorizontalFlip(), T.RandAugment(2, 9, interpolation=T.InterpolationMode.BILINEAR), T.ToTensor()],
}
transform = T.Compose(policies[job["policy"]])


class Photos(Dataset):
    def __len__(self):
        return len(job["photos"])

    def __getitem__(self, index):
        return transform(Image.open(job["photos"][index]).convert("RGB"))


loader = DataLoader(Photos(), batch_size=32, shuffle=True, num_workers=job["workers"], persistent_workers=True)


def epoch():
    began = time.perf_counter()
    count = sum(len(batch) for batch in loader)
    return count / (time.perf_counter() - began)


epoch()
for _ in sys.stdin:
    print(json.dumps({"imagesPerSecond": epoch()}), flush=True)
