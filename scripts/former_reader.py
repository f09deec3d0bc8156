"""Reads one document as the Python service does, and prints its text and the CPU seconds as JSON.

Run by scripts/accuracy in that service's environment, its folder on PYTHONPATH."""

import json
import resource
import sys

import cv2
import numpy as np
import pytesseract
from pdf2image import convert_from_path
from worker import LANGS, preprocess


def used():
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def main(path):
    cv2.setNumThreads(1)
    # Starting Python is not reading.
    before = used()
    if path.endswith(".pdf"):
        pages = [cv2.cvtColor(np.array(page), cv2.COLOR_RGB2BGR) for page in convert_from_path(path, dpi=300)]
    else:
        pages = [cv2.imread(path)]
    config = "--oem 3 --psm 6"
    text = " ".join(pytesseract.image_to_string(preprocess(page), lang=LANGS, config=config) for page in pages)
    json.dump({"text": text, "cpu_seconds": used() - before}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
