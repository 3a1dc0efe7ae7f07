"""ONNX Runtime's own quantiser on a model of ours: one JSON line on standard input, one on standard output when done."""

import json
import logging
import sys
import tempfile

answers, sys.stdout = sys.stdout, sys.stderr

import numpy  # noqa: E402
from onnxruntime.quantization import (  # noqa: E402
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process  # noqa: E402


class Batches(CalibrationDataReader):
    def __init__(self, path, shape, size):
        photos = numpy.fromfile(path, dtype=numpy.float32).reshape(shape)
        self.batches = iter([photos[at : at + size] for at in range(0, len(photos), size)])

    def get_next(self):
        batch = next(self.batches, None)
        return None if batch is None else {"image": batch}


def main():
    job = json.loads(sys.argv[1])
    logging.disable(logging.WARNING)
    sys.stdin.readline()
    with tempfile.NamedTemporaryFile(suffix=".onnx") as prepared:
        quant_pre_process(job["model"], prepared.name, skip_symbolic_shape=True)
        if job["method"] == "dynamic":
            quantize_dynamic(prepared.name, job["out"], weight_type=QuantType.QInt8, per_channel=True)
        else:
            quantize_static(
                prepared.name,
                job["out"],
                Batches(job["photos"], job["shape"], 8),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
    print(json.dumps({"done": 1}), file=answers, flush=True)


main()
