"""Logits of PEFT adapters, to compare with ours. Reads one JSON request on stdin, writes one JSON answer on stdout.

Request: {"cases": [{"model": DIR, "adapter": DIR, "labels": K, "ids": [[...], ...]}, ...]}
Answer:  {"cases": [[logits of the first sequence, row by row], ...]}

Without "labels" the model is a language model, with them a classifier.
"""

import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"

import torch  # noqa: E402
from peft import PeftModel  # noqa: E402
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification  # noqa: E402


def logits(case):
    if "labels" in case:
        base = AutoModelForSequenceClassification.from_pretrained(
            case["model"], dtype=torch.float32, num_labels=case["labels"]
        )
    else:
        base = AutoModelForCausalLM.from_pretrained(case["model"], dtype=torch.float32)
    model = PeftModel.from_pretrained(base, case["adapter"]).eval()
    with torch.no_grad():
        return [model(torch.tensor([ids])).logits[0].flatten().tolist() for ids in case["ids"]]


if __name__ == "__main__":
    torch.set_num_threads(1)
    request = json.load(sys.stdin)
    answer = {"cases": [logits(case) for case in request["cases"]]}
    json.dump(answer, sys.stdout)
